package llmhop.route;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import llmhop.caller.Caller;
import llmhop.http.upstream.Body;
import llmhop.http.wire.SegmentPool;
import llmhop.route.Route.Found;

/// The READ phase: a body is taken into memory, unless the path already names the model and nothing
/// in the body would have to change; then it streams through while it is sent.
final class Intake {
  private final BodyReader reader;

  Intake(BufferBudget budget, SegmentPool segments) {
    this.reader = new BodyReader(budget, segments);
  }

  /// A request with its body at hand: what FIND looks at and FORWARD sends.
  interface Request extends AutoCloseable {
    /// The target to forward, without a `/route/{model}` prefix.
    Target target();

    /// The model that it is for.
    ///
    /// @throws Refusal when it names none, an unknown one, or several
    Found find();

    /// Whether the body names a model. True of a body that is still to come: such a body is judged
    /// before its last bytes are sent.
    default boolean namesModel() {
      return true;
    }

    /// Whether the request may go to another model than the one that it names.
    boolean mayBeForAnother();

    /// What its body says about which backend knows it; nothing of a body that is still to come.
    Affinity affinity();

    /// The body as a backend of this model gets it.
    Body body(Found found);

    /// Whether the body can be sent a second time.
    boolean repeatable();

    /// Whether the body is JSON that says `true` of this; nothing of a body that nobody saw.
    ///
    /// @param enough makes the look end early, and then what it says means nothing
    boolean says(String member, BooleanSupplier enough);

    @Override
    void close();
  }

  /// Reads what has to be read before the model is known.
  Request read(Exchange x, Target target, Caller caller, Routes routes) {
    if (!reader.budget().hasRoomForRequest()) {
      awaitRoom(x, caller, routes);
    }
    ModelName.checkReachable(x, target, routes);
    Optional<String> outside = ModelName.outside(x, target);
    long most = routes.rules().maxBodyBytes();
    BodyReader.checkDeclared(x, most);
    Look look =
        x.hasBody()
            ? Look.of(x.fields(), outside.isPresent(), caller.restricted(), routes.wanted())
            : Look.NOTHING;
    long declared = x.declaredLength().orElse(-1);
    if (target.routed().isPresent() && declared > BodyReader.SMALL) {
      Found found = ModelName.find(outside, Optional.empty(), routes, caller);
      ModelName.checkQuery(target, found, routes);
      if (found.route().passesBodiesOn()) {
        return new Streamed(
            target, found, streamed(x, target, declared, look, found, caller, routes));
      }
    }
    var share = new RequestShare(reader.budget(), x, caller, routes);
    RequestBody body = reader.read(x, look, share, most);
    return new Buffered(target, outside, body, look.sees(), routes, caller);
  }

  /// Waits until slow bodies have made room in the heap for a request.
  ///
  /// @throws Refusal 503 when there was none in time
  private void awaitRoom(Exchange x, Caller caller, Routes routes) {
    try (var share = new RequestShare(reader.budget(), x, caller, routes)) {
      share.take(BufferBudget.REQUEST_BYTES);
    }
  }

  private StreamedBody streamed(
      Exchange x,
      Target target,
      long length,
      Look look,
      Found found,
      Caller caller,
      Routes routes) {
    return new StreamedBody(
        x,
        length,
        look,
        () -> new RequestShare(reader.budget(), x, caller, routes),
        named -> {
          if (named.isEmpty() && Admission.leavesChoice(x, target, caller, found)) {
            throw ModelName.unnamed();
          }
          ModelName.checkAgrees(found, named.map(Named::name), routes);
        });
  }

  private record Buffered(
      Target target,
      Optional<String> outside,
      RequestBody body,
      boolean seen,
      Routes routes,
      Caller caller)
      implements Request {
    @Override
    public Found find() {
      Optional<String> inBody = body.named().map(Named::name);
      Found found = ModelName.find(outside, inBody, routes, caller);
      ModelName.checkQuery(target, found, routes);
      return found;
    }

    @Override
    public boolean namesModel() {
      return body.named().isPresent();
    }

    @Override
    public Body body(Found found) {
      return body.naming(found.sent());
    }

    @Override
    public boolean repeatable() {
      return true;
    }

    /// A name in the query, or one in the body that nobody saw, would lead the backend astray.
    @Override
    public boolean mayBeForAnother() {
      return seen && target.parameter(Look.MODEL).isEmpty();
    }

    @Override
    public Affinity affinity() {
      return body.affinity();
    }

    @Override
    public boolean says(String member, BooleanSupplier enough) {
      return seen && body.says(member, enough);
    }

    @Override
    public void close() {
      body.close();
    }
  }

  private record Streamed(Target target, Found found, StreamedBody body) implements Request {
    @Override
    public Found find() {
      return found;
    }

    @Override
    public Body body(Found found) {
      return body;
    }

    @Override
    public boolean repeatable() {
      return false;
    }

    @Override
    public boolean mayBeForAnother() {
      return false;
    }

    @Override
    public Affinity affinity() {
      return Affinity.NONE;
    }

    @Override
    public boolean says(String member, BooleanSupplier enough) {
      return false;
    }

    @Override
    public void close() {
      body.close();
    }
  }
}
