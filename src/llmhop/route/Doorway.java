package llmhop.route;

import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import llmhop.http.front.EvictionRule;
import llmhop.http.front.Fault;
import llmhop.http.front.Refusals;
import llmhop.http.wire.Fields;
import llmhop.observe.EndedBy;
import llmhop.observe.Observer;
import llmhop.observe.Outcome;
import llmhop.observe.Phase;

/// What the front refuses before there is a request (the phase ACCEPT), in the router's words:
/// errors in the shape of the API that the caller speaks, and a record of each. Shared by all
/// connections.
public final class Doorway implements Refusals {
  /// The status of a record of a connection that was ended without an answer.
  private static final int NO_SLOT = 503;

  private final Observer observer;
  private final InstantSource clock;
  private final RequestIds ids;

  /// @param observer is told of each
  /// @param random where request ids come from; safe for concurrent use
  public Doorway(Observer observer, InstantSource clock, RandomGenerator random) {
    this.observer = observer;
    this.clock = clock;
    this.ids = new RequestIds(random);
  }

  private static Refusal refusal(Fault fault, String message) {
    return switch (fault) {
      case BAD_REQUEST -> Refusal.badRequest(message);
      case TIMEOUT -> Refusal.timeout(message);
      case URI_TOO_LONG -> Refusal.uriTooLong(message);
      case EXPECTATION_FAILED -> Refusal.expectationFailed(message);
      case HEAD_TOO_LARGE -> Refusal.headTooLarge(message);
      case VERSION_NOT_SUPPORTED -> Refusal.versionNotSupported(message);
      case TOO_MANY_CONNECTIONS -> Refusal.tooManyConnections(message);
    };
  }

  @Override
  public Page page(Fault fault, String message, String target) {
    Refusal refusal = refusal(fault, message);
    String id = ids.fresh();
    Fields fields = ErrorAnswer.fields(refusal);
    fields.add("X-Request-Id", id);
    return new Page(fields, ErrorAnswer.body(refusal, LoggedPath.ofTarget(target), id));
  }

  @Override
  public void refused(Fault fault, String message, String target, Page page) {
    Refusal refusal = refusal(fault, message);
    record(
        page.fields().first("X-Request-Id").orElse("-"),
        LoggedPath.ofTarget(target),
        refusal.status(),
        page.body().length,
        refusal.fault(),
        refusal.code(),
        Optional.empty());
  }

  /// The record's error is the rule's name, its detail the caller's address.
  @Override
  public void evicted(EvictionRule rule, String address) {
    Optional<String> detail = Optional.of("ended for another connection, from " + address);
    record(ids.fresh(), "-", NO_SLOT, 0, EndedBy.ROUTER, rule.word(), detail);
  }

  private void record(
      String id,
      String path,
      int status,
      int bytesOut,
      EndedBy endedBy,
      String error,
      Optional<String> detail) {
    observer.record(
        new Outcome(
            clock.instant(),
            id,
            "-",
            "-",
            path,
            Optional.empty(),
            Optional.empty(),
            0,
            0,
            status,
            0,
            bytesOut,
            OptionalLong.empty(),
            OptionalLong.empty(),
            0,
            endedBy,
            Phase.ACCEPT,
            Optional.of(error),
            detail));
  }
}
