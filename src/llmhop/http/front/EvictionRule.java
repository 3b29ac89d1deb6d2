package llmhop.http.front;

/// The rules that end a connection so that another one gets its place or its memory. Each has the
/// name that the log shows.
public enum EvictionRule {
  /// The connection had no request: nothing came yet, or it waited for its next request, or it was
  /// refused and only heard out.
  IDLE("evicted_idle"),
  /// The connection was within a TLS handshake or a head for over a second, and its address held
  /// more than twice as many connections as the newcomer's.
  HEAD("evicted_head"),
  /// The connection's body came too slowly for over a second, or was waited for for over five
  /// seconds in all, and its address held over a quarter of all connections.
  BODY("evicted_body"),
  /// The caller took nothing of its answer for over five seconds, and its address held over a
  /// quarter of all connections.
  ANSWER("evicted_answer"),
  /// The caller took nothing of its answer for longest, and all such callers together held more
  /// memory than they may.
  UNREAD("evicted_unread");

  private final String word;

  EvictionRule(String word) {
    this.word = word;
  }

  /// The rule's name as logs show it.
  public String word() {
    return word;
  }
}
