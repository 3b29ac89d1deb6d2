package llmhop.route;

import java.util.Optional;

/// The refusals of requests that this caller may never send: 403, and 426 for WebSockets. A factory
/// per case.
final class Forbidden {
  private Forbidden() {}

  /// A known caller asks for a model that its token doesn't allow.
  static Refusal model(String name) {
    String message = "This API key may not use the model " + Refusal.quote(name) + ".";
    return Refusal.forbidden(403, "model_not_allowed", message).about("model");
  }

  /// A path that the model's rules close: an engine's administrative one, none of its kind's, one
  /// that is denied, or an unusual spelling.
  static Refusal path(String path, String model) {
    String message =
        "The path %s is not open for the model %s. Take one by which models are used, spelled"
            + " plainly; the operator can open others with the model's 'allowPaths', where"
            + " 'denyPaths' doesn't close them.";
    return Refusal.forbidden(
        403, "path_not_allowed", message.formatted(quotedPath(path), Refusal.quote(model)));
  }

  /// A WebSocket of a caller whose limits or models hold for single requests: the router does not
  /// read the messages in it (RFC 9110 section 15.5.22).
  static Refusal tunnel(String path) {
    String message =
        "This API key has limits or may use some models only, and the router does not read the"
            + " messages of a WebSocket at %s. Send each request by itself over HTTP/1.1, or ask"
            + " the operator for a key without them.";
    return Refusal.forbidden(426, "websocket_not_allowed", message.formatted(quotedPath(path)));
  }

  /// A web page of an origin that may not use the router.
  ///
  /// @param origin which, where the browser says it
  static Refusal origin(Optional<String> origin) {
    String message =
        "Web pages of %s may not use this router. The operator can list their origin under 'cors',"
            + " or ask callers for tokens.";
    String who = origin.map(Refusal::quote).orElse("another site");
    return Refusal.forbidden(403, "origin_not_allowed", message.formatted(who));
  }

  private static String quotedPath(String path) {
    return Refusal.quote(LoggedPath.masked(path));
  }
}
