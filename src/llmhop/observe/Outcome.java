package llmhop.observe;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/// How one request went. Strings that came from outside are as they came: whoever shows them
/// escapes them.
///
/// @param time when its head had been read
/// @param requestId the id that callers and backends see
/// @param caller the caller's label, `-` where none is known
/// @param method the request's method
/// @param path the raw path, without the query
/// @param model the configured model's name
/// @param backend the backend's label
/// @param tried how many backends had the request, the last of them being `backend`
/// @param queuedNanos how long it waited for its turn at the model; 0 where it didn't have to
/// @param status the status that was sent; 499 when the caller left before it had the whole answer
/// @param bytesIn bytes of the request's body that were read
/// @param bytesOut bytes of the answer's body that were sent
/// @param headNanos from the request's head to the answer's head
/// @param firstByteNanos from the request's head to the first byte of the answer's body
/// @param totalNanos from the request's head to the end
/// @param endedBy who ended it
/// @param phase where it ended
/// @param error our error's code, where we refused
/// @param detail what went wrong, for operators; no address and no secret goes to callers from here
public record Outcome(
    Instant time,
    String requestId,
    String caller,
    String method,
    String path,
    Optional<String> model,
    Optional<String> backend,
    int tried,
    long queuedNanos,
    int status,
    long bytesIn,
    long bytesOut,
    OptionalLong headNanos,
    OptionalLong firstByteNanos,
    long totalNanos,
    EndedBy endedBy,
    Phase phase,
    Optional<String> error,
    Optional<String> detail) {

  /// What the detail of a body that a rule ended begins with; the rule's name follows.
  public static final String BODY_RULE = "body ended by rule: ";

  /// Returns the rule by which the router ended the body to make room for others.
  Optional<String> bodyRule() {
    return detail
        .filter(text -> text.startsWith(BODY_RULE))
        .map(text -> text.substring(BODY_RULE.length()));
  }
}
