package llmhop.route;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import llmhop.caller.Caller;
import llmhop.observe.EndedBy;
import llmhop.observe.Outcome;
import llmhop.observe.Phase;

/// What is known of a request so far; becomes its [Outcome]. Used by one thread, but for the count
/// of bytes that come in, which the sender of a streamed body keeps.
final class Journal {
  /// What is logged for a caller that left before it had the whole answer; nginx's number.
  static final int CALLER_LEFT = 499;

  private final LongSupplier nanos;
  private final long start;
  private Phase phase = Phase.ACCEPT;
  private String requestId = "-";
  private Caller caller = Caller.ANYONE;
  private String path = "-";
  private Optional<String> model = Optional.empty();
  private Optional<String> backend = Optional.empty();
  private int status;
  private final AtomicLong bytesIn = new AtomicLong();
  private long bytesOut;
  private OptionalLong headNanos = OptionalLong.empty();
  private OptionalLong firstByteNanos = OptionalLong.empty();
  private int tried;
  private long queuedNanos;
  private EndedBy endedBy = EndedBy.DONE;
  private Optional<String> error = Optional.empty();
  private Optional<String> detail = Optional.empty();

  /// @param nanos the clock, as of [System#nanoTime]
  Journal(LongSupplier nanos) {
    this.nanos = nanos;
    this.start = nanos.getAsLong();
  }

  void at(Phase next) {
    phase = next;
  }

  void id(String id) {
    requestId = id;
  }

  String id() {
    return requestId;
  }

  void path(String rawPath) {
    path = rawPath;
  }

  String path() {
    return path;
  }

  void caller(Caller who) {
    caller = who;
  }

  void model(String name) {
    model = Optional.of(name);
  }

  /// This backend has the request now.
  void backend(String label) {
    backend = Optional.of(label);
    tried++;
  }

  /// What this one said is the answer after all.
  void backTo(String label) {
    backend = Optional.of(label);
  }

  /// So long it waited for its turn.
  void queued(long nanosInQueue) {
    queuedNanos = nanosInQueue;
  }

  void in(long bytes) {
    bytesIn.addAndGet(bytes);
  }

  void out(long bytes) {
    if (bytes > 0 && firstByteNanos.isEmpty()) {
      firstByteNanos = OptionalLong.of(nanos.getAsLong() - start);
    }
    bytesOut += bytes;
  }

  void head(int sentStatus) {
    status = sentStatus;
    headNanos = OptionalLong.of(nanos.getAsLong() - start);
  }

  void refused(Refusal refusal) {
    endedBy = refusal.fault();
    error = Optional.of(refusal.code());
    detail = refusal.detail();
  }

  void callerLeft() {
    endedBy = EndedBy.CALLER;
    status = CALLER_LEFT;
  }

  /// What became of the request, at this time of day.
  Outcome outcome(Instant now, String method) {
    long total = nanos.getAsLong() - start;
    return new Outcome(
        now.minusNanos(total),
        requestId,
        caller.name(),
        method,
        LoggedPath.masked(path),
        model,
        backend,
        tried,
        queuedNanos,
        status,
        bytesIn.get(),
        bytesOut,
        headNanos,
        firstByteNanos,
        total,
        endedBy,
        phase,
        error,
        detail);
  }
}
