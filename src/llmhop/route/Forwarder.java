package llmhop.route;

import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import llmhop.backend.Backend;
import llmhop.caller.Gate;
import llmhop.http.upstream.Body;
import llmhop.http.upstream.Call;
import llmhop.http.upstream.Head;
import llmhop.http.upstream.Reply;
import llmhop.http.upstream.Request;
import llmhop.http.upstream.UpstreamException;
import llmhop.http.upstream.UpstreamException.Unreachable;
import llmhop.http.wire.Fields;
import llmhop.route.Route.Found;

/// Sends a request to the best candidate, and to the next one where the first couldn't even be
/// connected to: nothing was sent then, so nothing can run twice.
final class Forwarder {
  /// Candidates that are tried, at most: the first and one more.
  private static final int MOST_TRIED = 2;

  private final ForwardedFields fields;
  private final RequestIds ids;

  Forwarder(ForwardedFields fields, RequestIds ids) {
    this.fields = fields;
    this.ids = ids;
  }

  /// An answer that has begun, and whose it is.
  record Answer(Backend backend, Reply reply) implements AutoCloseable {
    @Override
    public void close() {
      reply.close();
    }
  }

  /// @throws Refusal 502 or 504, or what the request's own body threw
  /// @throws IOException when the caller has left
  Answer forward(
      Exchange x, Intake.Request request, Found found, List<Backend> candidates, Gate gate)
      throws IOException {
    Unreachable last = null;
    for (Backend backend : candidates.subList(0, Math.min(MOST_TRIED, candidates.size()))) {
      x.journal().backend(backend.label());
      try {
        Request attempt = attempt(x, request, backend, gate);
        Call call = backend.upstream().call(attempt, found.route().timing());
        x.watch(call::cancel);
        return new Answer(backend, call.send());
      } catch (UpstreamException e) {
        if (x.gone()) {
          throw new EOFException("the caller left before an answer came");
        }
        if (!(e instanceof Unreachable unreachable)) {
          throw refusal(found, e);
        }
        last = unreachable;
      }
    }
    throw refusal(found, last);
  }

  private Request attempt(Exchange x, Intake.Request request, Backend backend, Gate gate) {
    String target = backend.path(request.target().path()) + request.target().query();
    return new Request() {
      @Override
      public Head head() {
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
