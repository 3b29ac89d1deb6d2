package llmhop.http.front;

import java.util.Optional;

/// The deadlines of one connection. Its thread says what it does, which costs one write to memory;
/// the server's sweep looks now and then, and keeps the time.
///
/// Times are so as exact as the sweep is frequent, and nobody on the way of a request looks at a
/// clock.
final class Deadlines {
  private static final Doing[] DOINGS = Doing.values();

  private final Limits limits;

  /// A number that grows with each change, times 8, and the [Doing].
  private volatile long word;

  /// Bytes of bodies that have come.
  private volatile long progress;

  private volatile boolean waiting;
  private volatile boolean expired;
  private Doing doing = Doing.FRESH;
  private long changes;
  // What follows belongs to the sweep.
  private long seenWord = -1;
  private long seenProgress;
  private long last;
  private long passed;

  Deadlines(Limits limits) {
    this.limits = limits;
  }

  /// The connection does this from now on.
  void doing(Doing next) {
    doing = next;
    word = ++changes << 3 | next.ordinal();
  }

  /// What it does; on its own thread.
  Doing doing() {
    return doing;
  }

  /// It waits for more of a body.
  void waiting() {
    waiting = true;
  }

  /// So much of a body came.
  void came(int bytes) {
    waiting = false;
    long sum = progress + bytes;
    progress = sum;
  }

  /// What it does, seen from elsewhere.
  Doing seen() {
    return DOINGS[(int) (word & 7)];
  }

  /// Whether a deadline runs that is short.
  boolean isRunning() {
    Doing now = seen();
    return now != Doing.IDLE && now != Doing.HANDLING;
  }

  /// Looks at the clock; on the sweep's thread.
  ///
  /// @return what has taken too long
  Optional<Doing> look(long now) {
    long seen = word;
    if (seen != seenWord) {
      seenWord = seen;
      seenProgress = progress;
      last = now;
      passed = 0;
      return Optional.empty();
    }
    Doing current = DOINGS[(int) (seen & 7)];
    if (current != Doing.BODY || waiting) {
      passed += now - last;
    }
    last = now;
    return passed < limit(current) ? Optional.empty() : over(current);
  }

  /// Whether something has taken too long.
  boolean hasExpired() {
    return expired;
  }

  private Optional<Doing> over(Doing current) {
    if (current == Doing.BODY) {
      long came = progress - seenProgress;
      seenProgress = progress;
      passed = 0;
      expired |= came < Limits.BODY_PROGRESS;
      return expired ? Optional.of(current) : Optional.empty();
    }
    passed = Long.MIN_VALUE / 2;
    expired = true;
    return Optional.of(current);
  }

  private long limit(Doing current) {
    return switch (current) {
      case FRESH, HEAD -> limits.head().toNanos();
      case IDLE -> limits.idle().toNanos();
      case BODY -> limits.bodyStall().toNanos();
      case WRITING -> limits.writeStall().toNanos();
      case LINGERING -> Limits.LINGER.toNanos();
      case HANDLING -> Long.MAX_VALUE;
    };
  }
}
