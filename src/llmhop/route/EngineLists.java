package llmhop.route;

import java.util.Set;

/// Paths at which engines list their models or describe one. The answers name other models of the
/// engine, its command line (`status.args` of llama.cpp), and files on its disk (`root` of vLLM,
/// `model_path` of SGLang). The router answers the usual ones itself, with published fields only.
///
/// Closed for every model unless its `allowPaths` names them, with what lies below, and compared in
/// every reading of a path. The sources are in docs/paths.md.
final class EngineLists {
  /// Closed for GET and HEAD; a POST there is something else.
  /// - OpenAI's API, which all engines have, with and without its prefix;
  /// - Ollama's, which llama.cpp, SGLang, LocalAI and KoboldCpp have as well;
  /// - LM Studio's;
  /// - SGLang's model, under its new and its old name;
  /// - TabbyAPI's model, adapters, templates and sampling presets: with an admin key, which the
  ///   router may add, the lists show the whole disk.
  static final Set<String> READ =
      Set.of(
          "/v1/models",
          "/models",
          "/api/tags",
          "/api/ps",
          "/api/v0/models",
          "/api/v1/models",
          "/model_info",
          "/get_model_info",
          "/v1/model",
          "/v1/lora",
          "/v1/loras",
          "/v1/template",
          "/v1/templates",
          "/v1/sampling");

  /// Closed for POST: Ollama describes the model that the body names, as `model` or as `name`, with
  /// its system prompt and files.
  static final Set<String> POSTED = Set.of("/api/show");

  /// The longest of these paths, in characters.
  private static final int MAX_LENGTH = 16;

  private EngineLists() {}

  /// Whether a request that a server may read as one for this path, in lower case, gets a list. The
  /// method counts in any case of letters: methods are case-sensitive (RFC 9110 section 9.1), but
  /// not to every server.
  static boolean has(String method, CharSequence place) {
    if (place.length() > MAX_LENGTH) {
      return false;
    }
    String path = place.toString();
    if (method.equalsIgnoreCase("POST")) {
      return POSTED.contains(path);
    }
    boolean reads = method.equalsIgnoreCase("GET") || method.equalsIgnoreCase("HEAD");
    return reads && READ.contains(path);
  }
}
