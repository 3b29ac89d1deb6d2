package llmhop.route;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llmhop.caller.Caller;
import llmhop.route.Route.Found;

/// Finds the model that a request names: in its path (`/route/{model}/…`), in the query of a GET
/// (`?model=`), in its body, or, where it names none, the config's `default`.
final class ModelName {
  /// Paths that inference engines answer by model; without a model they are a mistake of the
  /// caller's, not an unknown place.
  static final Set<String> BY_MODEL =
      Set.of(
          "/v1/chat/completions",
          "/v1/completions",
          "/v1/responses",
          "/v1/messages",
          "/v1/embeddings",
          "/v1/rerank",
          "/v1/score",
          "/v1/audio/transcriptions",
          "/v1/audio/translations",
          "/v1/audio/speech",
          "/v1/images/edits",
          "/v1/images/generations",
          "/v1/moderations",
          "/v1/realtime",
          "/tokenize",
          "/detokenize",
          "/pooling",
          "/classify",
          "/score",
          "/rerank",
          "/api/chat",
          "/api/generate",
          "/api/embed",
          "/api/embeddings");

  /// Paths that no engine answers by model, whatever the body: refused before it is read.
  private static final List<String> NEVER_BY_MODEL =
      List.of("/v1/files", "/v1/batches", "/v1/uploads", "/metrics", "/favicon.ico", "/robots.txt");

  private ModelName() {}

  /// What the request names outside its body.
  static Optional<String> outside(Exchange exchange, Target target) {
    boolean mayAsk = exchange.method().equals("GET") || exchange.method().equals("HEAD");
    return target.routed().isPresent() || !mayAsk ? target.routed() : target.parameter(Look.MODEL);
  }

  /// A model that the query names beside the path or the body must be the same: some engines look
  /// there first.
  static void checkQuery(Target target, Found found, Routes routes) {
    checkAgrees(found, target.parameter(Look.MODEL), routes);
  }

  /// Refuses what can't lead to a model, before its body is read.
  static void checkReachable(Exchange exchange, Target target, Routes routes) {
    if (outside(exchange, target).isPresent() || routes.defaultModel().isPresent()) {
      return;
    }
    if (isUnder(NEVER_BY_MODEL, target) || (!exchange.hasBody() && !isUnder(BY_MODEL, target))) {
      throw Refusal.unknownUrl(exchange.method(), target.path());
    }
  }

  private static boolean isUnder(Collection<String> folders, Target target) {
    for (String folder : folders) {
      if (target.isUnder(folder)) {
        return true;
      }
    }
    return false;
  }

  /// The model that the request is for.
  ///
  /// @param inBody what its body names
  static Found find(
      Optional<String> outside, Optional<String> inBody, Routes routes, Caller caller) {
    String name =
        outside
            .or(() -> inBody)
            .or(routes::defaultModel)
            .orElseThrow(
                () ->
                    Refusal.missingModel(
                        "The request names no model. Send a JSON body with a 'model', or use"
                            + " /route/{model}/..."));
    if (name.isEmpty()) {
      throw Refusal.missingModel("'model' is empty. GET /v1/models lists the names.");
    }
    Found found =
        routes
            .find(name)
            .orElseThrow(() -> Refusal.modelNotFound(name, routes.nearest(name, caller)));
    if (caller.restricted() && found.route().isPattern() && leadsElsewhere(name)) {
      throw Refusal.invalidModel(
          "'model' holds a control character or a '.' or '..' between slashes.");
    }
    if (outside.isPresent()) {
      checkAgrees(found, inBody, routes);
    }
    return found;
  }

  /// The refusal of a body that names no model where the backend would choose one.
  static Refusal unnamed() {
    return Refusal.missingModel(
        "With this API key the body must name its 'model', also where the path does: the server"
            + " behind it would choose one by itself.");
  }

  /// Whether a backend may take a name for another one that does not begin or end so: engines that
  /// find a model by its file resolve dot segments, and a C string ends at a NUL. An allow-list
  /// matches the ends of names.
  private static boolean leadsElsewhere(String name) {
    for (String segment : name.replace('\\', '/').split("/", -1)) {
      if (segment.equals(".") || segment.equals("..")) {
        return true;
      }
    }
    return name.chars().anyMatch(c -> c < ' ' || c == 0x7f);
  }

  /// A body under a path that names the model may repeat the name in any way that leads to the same
  /// model, but not name another: an allow-list must not be walked around.
  static void checkAgrees(Found found, Optional<String> inBody, Routes routes) {
    if (inBody.isEmpty()) {
      return;
    }
    boolean agrees = routes.find(inBody.get()).filter(found::isSame).isPresent();
    if (!agrees) {
      throw Refusal.modelMismatch(found.asked(), inBody.get());
    }
  }
}
