package llmhop.route;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llmhop.config.Kind;

/// The inference paths of each kind of engine: everything by which a caller uses the model, and
/// nothing that shows or changes what belongs to the server or to other callers.
///
/// Lists of models are not among them: the router has its own, and an engine's may name models that
/// the caller may not use. Nor is what hosted APIs keep for an account, such as `/v1/files`,
/// `/v1/batches` or `GET /v1/chat/completions`: the account is the operator's, all callers share
/// it.
///
/// @see <a href="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html">vLLM</a>
/// @see <a href="https://docs.sglang.ai/basic_usage/native_api.html">SGLang</a>
/// @see <a href="https://github.com/ggml-org/llama.cpp/tree/master/tools/server">llama.cpp</a>
/// @see <a href="https://github.com/ollama/ollama/blob/main/docs/api.md">Ollama</a>
/// @see <a href="https://platform.openai.com/docs/api-reference">OpenAI</a>
final class EnginePaths implements Profile {
  private static final List<String> VLLM =
      List.of(
          "POST /v1/chat/completions",
          "POST /v1/chat/completions/batch",
          "POST /v1/chat/completions/render",
          "POST /v1/completions",
          "POST /v1/completions/render",
          "POST /v1/responses",
          "GET /v1/responses/{id}",
          "POST /v1/responses/{id}/cancel",
          "POST /v1/messages",
          "POST /v1/messages/count_tokens",
          "POST /v1/embeddings",
          "POST /v2/embed",
          "POST /rerank",
          "POST /v1/rerank",
          "POST /v2/rerank",
          "POST /score",
          "POST /v1/score",
          "POST /generative_scoring",
          "POST /pooling",
          "POST /classify",
          "POST /tokenize",
          "POST /detokenize",
          "POST /v1/audio/transcriptions",
          "POST /v1/audio/translations",
          "POST /v1/audio/speech",
          "POST /v1/images/generations",
          "POST /v1/images/edits",
          "GET /v1/realtime",
          "POST /inference/v1/generate");

  private static final List<String> SGLANG =
      List.of(
          "POST /v1/chat/completions",
          "POST /v1/completions",
          "POST /v1/responses",
          "GET /v1/responses/{id}",
          "POST /v1/responses/{id}/cancel",
          "POST /v1/messages",
          "POST /v1/messages/count_tokens",
          "POST /v1/embeddings",
          "POST /v1/rerank",
          "POST /v1/score",
          "POST /v1/classify",
          "POST /classify",
          "POST /v1/tokenize",
          "POST /tokenize",
          "POST /v1/detokenize",
          "POST /detokenize",
          "POST /v1/audio/transcriptions",
          "POST /v1/audio/speech",
          "POST /v1/images/generations",
          "POST /v1/images/edits",
          "GET /v1/realtime",
          "POST /generate",
          "POST /generate_from_file",
          "POST /encode",
          "POST /parse_function_call",
          "POST /separate_reasoning",
          "POST /api/chat",
          "POST /api/generate");

  private static final List<String> LLAMACPP =
      List.of(
          "POST /v1/chat/completions",
          "POST /chat/completions",
          "POST /v1/chat/completions/input_tokens",
          "POST /chat/completions/input_tokens",
          "POST /v1/completions",
          "POST /completions",
          "POST /completion",
          "POST /v1/responses",
          "POST /responses",
          "POST /v1/responses/input_tokens",
          "POST /responses/input_tokens",
          "POST /v1/messages",
          "POST /v1/messages/count_tokens",
          "POST /v1/embeddings",
          "POST /embeddings",
          "POST /embedding",
          "POST /v1/rerank",
          "POST /v1/reranking",
          "POST /rerank",
          "POST /reranking",
          "POST /v1/audio/transcriptions",
          "POST /audio/transcriptions",
          "POST /infill",
          "POST /tokenize",
          "POST /detokenize",
          "POST /apply-template");

  private static final List<String> OLLAMA =
      List.of(
          "POST /api/chat",
          "POST /api/generate",
          "POST /api/embed",
          "POST /api/embeddings",
          "POST /v1/chat/completions",
          "POST /v1/completions",
          "POST /v1/responses",
          "POST /v1/messages",
          "POST /v1/embeddings",
          "POST /v1/audio/transcriptions",
          "POST /v1/images/generations",
          "POST /v1/images/edits");

  private static final List<String> OPENAI =
      List.of(
          "POST /v1/chat/completions",
          "POST /v1/completions",
          "POST /v1/responses",
          "POST /v1/responses/input_tokens",
          "POST /v1/responses/compact",
          "GET /v1/responses/{id}",
          "DELETE /v1/responses/{id}",
          "POST /v1/responses/{id}/cancel",
          "GET /v1/responses/{id}/input_items",
          "POST /v1/messages",
          "POST /v1/messages/count_tokens",
          "POST /v1/embeddings",
          "POST /v1/moderations",
          "POST /v1/rerank",
          "POST /v2/rerank",
          "POST /v1/score",
          "POST /v1/audio/transcriptions",
          "POST /v1/audio/translations",
          "POST /v1/audio/speech",
          "POST /v1/images/generations",
          "POST /v1/images/edits",
          "POST /v1/images/variations",
          "GET /v1/realtime");

  private static final String ID = "{id}";

  /// Made once, since many models have the same kind.
  private static final EnginePaths[] MADE = new EnginePaths[Kind.values().length];

  static {
    for (Kind kind : Kind.values()) MADE[kind.ordinal()] = new EnginePaths(lines(kind));
  }

  /// A path with an id in it.
  private record ById(String method, String before, String after) {
    boolean covers(String asked, String path) {
      int end = path.length() - after.length();
      if (!asked.equals(method)
          || !path.startsWith(before)
          || end <= before.length()
          || !path.endsWith(after)) {
        return false;
      }
      for (int i = before.length(); i < end; i++) {
        if (!isOfAnId(path.charAt(i))) {
          return false;
        }
      }
      return true;
    }

    private static boolean isOfAnId(char c) {
      return (c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || c == '_'
          || c == '-';
    }
  }

  private final Map<String, Set<String>> byMethod = new HashMap<>();
  private final List<ById> byId = new ArrayList<>();

  private EnginePaths(List<String> lines) {
    for (String line : lines) {
      int blank = line.indexOf(' ');
      String method = line.substring(0, blank);
      String path = line.substring(blank + 1);
      int id = path.indexOf(ID);
      if (id < 0) {
        byMethod.computeIfAbsent(method, m -> new HashSet<>()).add(path);
      } else {
        byId.add(new ById(method, path.substring(0, id), path.substring(id + ID.length())));
      }
    }
  }

  /// The paths of a kind.
  static EnginePaths of(Kind kind) {
    return MADE[kind.ordinal()];
  }

  /// The table: a method and a path, `{id}` standing for letters, digits, `_` and `-`.
  static List<String> lines(Kind kind) {
    return switch (kind) {
      case VLLM -> VLLM;
      case SGLANG -> SGLANG;
      case LLAMACPP -> LLAMACPP;
      case OLLAMA -> OLLAMA;
      case OPENAI -> OPENAI;
    };
  }

  @Override
  public boolean has(String method, String path) {
    if (byMethod.getOrDefault(method, Set.of()).contains(path)) {
      return true;
    }
    for (ById each : byId) {
      if (each.covers(method, path)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Set<String> usual() {
    return byMethod.getOrDefault("POST", Set.of());
  }
}
