package llmhop.route;

import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import llmhop.backend.Backend;
import llmhop.backend.Lease;
import llmhop.caller.Gate;
import llmhop.http.upstream.Body;
import llmhop.http.upstream.Call;
import llmhop.http.upstream.Head;
import llmhop.http.upstream.Reply;
import llmhop.http.upstream.Request;
import llmhop.http.upstream.Timing;
import llmhop.http.upstream.UpstreamException;
import llmhop.http.upstream.UpstreamException.Unreachable;
import llmhop.http.wire.Fields;
import llmhop.route.Choice.Pick;
import llmhop.route.Route.Found;

/// The FORWARD phase: sends a request to the best backend, and to the next one where that is safe:
/// - no connection could be made, or a kept one was dead and no other to be had: nothing was done;
/// - it said 429 or 503, and the config asks for another one then;
/// - it was over `firstByte`, and another model stands in for its model.
///
/// Never after a byte of the answer's body went to the caller. When all that were tried fail, the
/// caller gets what a backend said, if one said anything, or else our error for the last.
final class Forwarder {
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVICE_UNAVAILABLE = 503;

  /// What is kept of the body of a busy answer, in bytes; errors are shorter.
  private static final int MOST_KEPT = 16 * 1024;

  private final ForwardedFields fields;
  private final RequestIds ids;

  Forwarder(ForwardedFields fields, RequestIds ids) {
    this.fields = fields;
    this.ids = ids;
  }

  /// An answer that has begun.
  ///
  /// @param found the model that answers
  /// @param lease the backend that does, until it is closed
  /// @param buffer for its body
  /// @param ready how much of the body is in the buffer already; -1 when it is over
  /// @param whole whether that is all of it
  record Answer(Found found, Lease lease, Reply reply, byte[] buffer, int ready, boolean whole)
      implements AutoCloseable {
    @Override
    public void close() {
      reply.close();
      lease.close();
    }

    /// It is kept while others are tried: its backend has done its part. What has come of the body
    /// is read without waiting; mostly that is all, and the connection is free.
    private Answer kept() {
      byte[] kept = new byte[MOST_KEPT];
      int filled = 0;
      int read = 0;
      try {
        while (read >= 0 && filled < kept.length && reply.buffered()) {
          read = reply.read(kept, filled, kept.length - filled);
          filled += Math.max(read, 0);
        }
      } catch (UpstreamException e) {
        // Whoever reads on is told.
      }
      boolean all = read < 0;
      if (all) {
        reply.close();
      }
      lease.close();
      return new Answer(found, lease, reply, kept, filled, all);
    }
  }

  /// @param first the backend to begin with
  /// @param choice where the next ones come from
  /// @throws Refusal 502, 503 or 504, or what the request's own body threw
  /// @throws IOException when the caller has left
  Answer forward(Exchange x, Intake.Request request, Pick first, Choice choice, Gate gate)
      throws IOException {
    Optional<Answer> busy = Optional.empty();
    Pick pick = first;
    try {
      while (true) {
        Optional<Pick> next;
        try {
          Answer answer = send(x, request, pick, gate);
          boolean goesOn = isBusy(answer.reply()) && request.body().repeatable();
          next = goesOn ? choice.afterBusy() : Optional.empty();
          if (next.isEmpty()) {
            return answer;
          }
          busy.ifPresent(Answer::close);
          busy = Optional.of(answer.kept());
        } catch (UpstreamException e) {
          if (x.gone()) {
            throw new EOFException("the caller left before an answer came");
          }
          next = next(e, request, choice, busy.isPresent());
          if (next.isEmpty() && busy.isPresent()) {
            Answer said = busy.get();
            busy = Optional.empty();
            x.journal().backTo(said.lease().backend().label());
            x.watch(said.reply()::cancel);
            return said;
          }
          if (next.isEmpty()) {
            throw refusal(pick.found(), e);
          }
        }
        pick = next.get();
      }
    } finally {
      busy.ifPresent(Answer::close);
    }
  }

  private static boolean isBusy(Reply reply) {
    return reply.status() == TOO_MANY_REQUESTS || reply.status() == SERVICE_UNAVAILABLE;
  }

  private static Optional<Pick> next(
      UpstreamException e, Intake.Request request, Choice choice, boolean said)
      throws EOFException {
    return switch (e) {
      case Unreachable _ -> choice.afterUnreachable(said);
      case UpstreamException.Lost _ -> choice.afterUnreachable(said);
      case UpstreamException.TimedOut late ->
          late.limit() == Timing.Limit.FIRST_BYTE && request.body().repeatable()
              ? choice.afterTimeout()
              : Optional.empty();
      case UpstreamException.BadReply _, UpstreamException.BodyFailed _ -> Optional.empty();
    };
  }

  /// Sends it to one backend and waits for the head of the answer; where there may be another
  /// backend after this one, or a limit on the first byte, for that byte too.
  private Answer send(Exchange x, Intake.Request request, Pick pick, Gate gate)
      throws UpstreamException {
    Lease lease = pick.lease();
    Found found = pick.found();
    Reply reply = null;
    boolean begun = false;
    try {
      x.journal().backend(lease.backend().label());
      request.sendAs(found);
      Request attempt = attempt(x, request, lease, gate);
      Call call = lease.backend().upstream().call(attempt, found.route().timing());
      x.watch(call::cancel);
      reply = call.send();
      lease.answered();
      byte[] buffer = Relay.buffer(reply);
      // Who is busy has said all that matters with the head.
      boolean holds = found.route().holdsHead() && reply.duplex().isEmpty() && !isBusy(reply);
      int ready = holds ? reply.read(buffer, 0, buffer.length) : 0;
      begun = true;
      return new Answer(found, lease, reply, buffer, ready, false);
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
      case UpstreamException.Lost lost -> lease.refused(lost.getMessage());
      case UpstreamException.Cancelled _ -> {}
      case UpstreamException.BadReply broken -> lease.broke(broken.getMessage());
      case UpstreamException.TimedOut late -> {
        if (late.limit() == Timing.Limit.FIRST_BYTE) {
          lease.broke(late.getMessage());
        }
      }
      case UpstreamException.BodyFailed _ -> {}
    }
  }

  private Request attempt(Exchange x, Intake.Request request, Lease lease, Gate gate) {
    Backend backend = lease.backend();
    String target = backend.path(request.target().path()) + request.target().query();
    return new Request() {
      @Override
      public Head head() {
        lease.connected();
        String id = ids.attempt(x.journal().id());
        return new Head(
            x.method(), target, fields.request(x, backend, gate.takesCredentials(), id));
      }

      @Override
      public Body body() {
        return request.body();
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
      case UpstreamException.BadReply e -> Refusal.backendBadReply(model, e.getMessage());
      case UpstreamException.TimedOut e ->
          Refusal.backendTimeout(model, e.limit().word(), e.getMessage());
      case UpstreamException.BodyFailed e ->
          switch (e.getCause()) {
            case Refusal refusal -> refusal;
            case IOException gone -> Refusal.badRequest("The request body broke off.");
            case RuntimeException ours -> throw ours;
            default -> throw new IllegalStateException(e.getCause());
          };
    };
  }
}
