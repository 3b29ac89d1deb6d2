package llmhop.route;

import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import llmhop.backend.Backend;
import llmhop.backend.Lease;
import llmhop.http.upstream.Body;
import llmhop.http.upstream.Call;
import llmhop.http.upstream.Head;
import llmhop.http.upstream.Reply;
import llmhop.http.upstream.Request;
import llmhop.http.upstream.Timing;
import llmhop.http.upstream.UpstreamException;
import llmhop.http.upstream.UpstreamException.BadReply;
import llmhop.http.upstream.UpstreamException.BodyFailed;
import llmhop.http.upstream.UpstreamException.Cancelled;
import llmhop.http.upstream.UpstreamException.Exhausted;
import llmhop.http.upstream.UpstreamException.Lost;
import llmhop.http.upstream.UpstreamException.TimedOut;
import llmhop.http.upstream.UpstreamException.Unreachable;
import llmhop.http.wire.Fields;
import llmhop.route.Choice.Pick;
import llmhop.route.Route.Found;

/// The FORWARD phase: sends a request to the best backend, and to the next one where that is safe:
/// - no connection could be made: nothing was sent;
/// - a kept connection was lost before the backend can have begun, no other was to be had, and the
///   config has `retries`;
/// - it said 429 or 503, and the config asks for another one then;
/// - it was over `firstByte`, and another model stands in for its model.
///
/// Never after a byte of the answer's body went to the caller. When all that were tried fail, the
/// caller is told what matters most: that the request may have run, where it may have; else what a
/// busy backend said; else that nobody could be reached.
final class Forwarder {
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVICE_UNAVAILABLE = 503;

  private final ForwardedFields fields;
  private final RequestIds ids;
  private final DepletionNews depletions;

  /// @param depletions is told what this process is out of
  Forwarder(ForwardedFields fields, RequestIds ids, DepletionNews depletions) {
    this.fields = fields;
    this.ids = ids;
    this.depletions = depletions;
  }

  /// @param first the backend to begin with
  /// @param choice where the next ones come from
  /// @throws Refusal 502, 503 or 504, or what the request's own body threw
  /// @throws IOException when the caller has left
  BackendAnswer forward(
      Exchange x, Intake.Request request, Pick first, Choice choice, Routes routes)
      throws IOException {
    Optional<BackendAnswer> busy = Optional.empty();
    Optional<Refusal> ran = Optional.empty();
    Pick pick = first;
    try {
      while (true) {
        try {
          BackendAnswer answer = send(x, request, pick, choice.holdsHead(), routes);
          if (!isBusy(answer.reply()) || !request.repeatable() || !choice.goesOnWhenBusy()) {
            return answer;
          }
          busy.ifPresent(BackendAnswer::close);
          busy = Optional.of(answer);
          Optional<Pick> next = choice.afterBusy();
          if (next.isEmpty()) {
            busy = Optional.empty();
            return answer;
          }
          answer.keep();
          pick = next.get();
        } catch (UpstreamException e) {
          if (x.gone()) {
            throw new EOFException("the caller left before an answer came");
          }
          if (e instanceof Exhausted depletion) {
            depletions.tell(depletion.depletion());
          }
          Refusal refusal = refusal(pick.found(), e);
          boolean settled = busy.isPresent() || ran.isPresent();
          if (mayHaveRun(e) && ran.isEmpty()) {
            ran = Optional.of(refusal);
          }
          Optional<Pick> next = next(e, request, choice, settled);
          if (next.isEmpty() && ran.isEmpty() && busy.isPresent()) {
            BackendAnswer said = busy.get();
            busy = Optional.empty();
            x.journal().backTo(said.lease().backend().label());
            x.watch(said.reply()::cancel);
            return said;
          }
          if (next.isEmpty()) {
            throw ran.orElse(refusal);
          }
          pick = next.get();
        }
      }
    } catch (Refusal refusal) {
      throw ran.orElse(refusal);
    } finally {
      busy.ifPresent(BackendAnswer::close);
    }
  }

  private static boolean mayHaveRun(UpstreamException e) {
    return switch (e) {
      case Unreachable _ -> false;
      case Exhausted depletion -> depletion.sent();
      case BadReply _, TimedOut _, BodyFailed _ -> true;
    };
  }

  private static boolean isBusy(Reply reply) {
    return reply.status() == TOO_MANY_REQUESTS || reply.status() == SERVICE_UNAVAILABLE;
  }

  /// @param settled whether there is something to tell already: then nothing is waited for
  private static Optional<Pick> next(
      UpstreamException e, Intake.Request request, Choice choice, boolean settled)
      throws EOFException {
    return switch (e) {
      case Unreachable _ -> choice.afterUnreachable(!settled);
      case Lost _ -> choice.afterLost();
      case TimedOut late ->
          late.limit() == Timing.Limit.FIRST_BYTE && request.repeatable()
              ? choice.afterTimeout()
              : Optional.empty();
      // Without descriptors or ports no other backend can be reached either.
      case BadReply _, BodyFailed _, Exhausted _ -> Optional.empty();
    };
  }

  /// Sends it to one backend and waits for the head of the answer; where there may be another
  /// backend after this one, or a limit on the first byte, for that byte too.
  private BackendAnswer send(
      Exchange x, Intake.Request request, Pick pick, boolean holdsHead, Routes routes)
      throws UpstreamException {
    Lease lease = pick.lease();
    Found found = pick.found();
    Reply reply = null;
    boolean begun = false;
    try {
      x.journal().backend(lease.backend().label());
      Request attempt = attempt(x, request, pick, routes);
      Call call = lease.backend().upstream().call(attempt, found.route().timing());
      x.watch(call::cancel);
      reply = call.send();
      lease.answered();
      var answer = new BackendAnswer(found, lease, reply);
      // Who is busy has said all that matters with the head.
      boolean holds = holdsHead || found.route().holdsHead();
      if (holds && reply.duplex().isEmpty() && !isBusy(reply)) {
        answer.awaitFirstByte();
      }
      begun = true;
      return answer;
    } catch (UpstreamException e) {
      judge(lease, e);
      throw e;
    } finally {
      if (!begun) {
        if (reply != null) {
          reply.close();
        }
        lease.close();
      }
    }
  }

  /// What a failure says of the backend.
  static void judge(Lease lease, UpstreamException e) {
    switch (e) {
      case Unreachable refused -> lease.refused(refused.getMessage());
      case Lost lost -> lease.refused(lost.getMessage());
      case Cancelled _ -> {}
      case BadReply broken -> lease.broke(broken.getMessage());
      case TimedOut late -> {
        if (late.limit() == Timing.Limit.FIRST_BYTE || late.limit() == Timing.Limit.SEND) {
          lease.late(late.getMessage());
        }
      }
      case BodyFailed _, Exhausted _ -> {}
    }
  }

  private Request attempt(Exchange x, Intake.Request request, Pick pick, Routes routes) {
    Lease lease = pick.lease();
    Backend backend = lease.backend();
    Body body = request.body(pick.found());
    String target = backend.path(request.target().path()) + request.target().query();
    return new Request() {
      @Override
      public void connected() {
        lease.connected();
      }

      @Override
      public Head head() {
        String id = ids.attempt(x.journal().id());
        return new Head(x.method(), target, fields.request(x, backend, routes, id));
      }

      @Override
      public Body body() {
        return body;
      }

      @Override
      public Optional<String> upgrade() {
        return x.upgrade() ? Optional.of("websocket") : Optional.empty();
      }

      @Override
      public void interim(int status, Fields interim) {
        try {
          x.interim(status, ForwardedFields.answer(interim, backend.label()));
        } catch (IOException e) {
          // The caller has left, which is seen soon enough.
        }
      }
    };
  }

  /// What a backend's failure is for the caller.
  static Refusal refusal(Found found, UpstreamException failure) {
    String model = found.route().name();
    return switch (failure) {
      case Unreachable e -> Refusal.backendUnreachable(model, e.getMessage());
      case BadReply e -> Refusal.backendBadReply(model, e.getMessage());
      case TimedOut e -> Refusal.backendTimeout(model, e.limit().word(), e.getMessage());
      case Exhausted e ->
          e.sent()
              ? Refusal.backendBadReply(model, e.getMessage())
              : Refusal.exhausted(e.depletion(), e.getMessage());
      case BodyFailed e ->
          switch (e.getCause()) {
            case Refusal refusal -> refusal;
            case IOException gone -> Refusal.badRequest("The request body broke off.");
            case RuntimeException ours -> throw ours;
            default -> throw new IllegalStateException(e.getCause());
          };
    };
  }
}
