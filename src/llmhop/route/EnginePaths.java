package llmhop.route;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
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
final class EnginePaths implements Profile {
  /// A line per method and path, `{id}` standing for letters, digits, `_` and `-`, and the kinds
  /// that have it. Sources are in docs/paths.md.
  private static final String TABLE =
      """
      POST /v1/audio/classification: localai
      POST /v1/audio/diarization: localai
      POST /v1/audio/speech: vllm sglang openai llamaswap localai koboldcpp
      POST /v1/audio/transcriptions: vllm sglang llamacpp ollama openai llamaswap aphrodite localai koboldcpp
      POST /v1/audio/translations: vllm openai aphrodite
      GET /v1/audio/voices: llamaswap
      POST /v1/chat/completions: vllm sglang llamacpp ollama openai llamaswap tabbyapi aphrodite localai lmstudio koboldcpp tgi
      POST /v1/chat/completions/batch: vllm aphrodite
      POST /v1/chat/completions/input_tokens: llamacpp
      POST /v1/chat/completions/render: vllm aphrodite
      POST /v1/classify: sglang
      POST /v1/completions: vllm sglang llamacpp ollama openai llamaswap tabbyapi aphrodite localai lmstudio koboldcpp tgi
      POST /v1/completions/render: vllm aphrodite
      POST /v1/depth: localai
      POST /v1/detection: localai
      POST /v1/detokenize: sglang aphrodite localai
      POST /v1/edits: localai
      POST /v1/embeddings: vllm sglang llamacpp ollama openai llamaswap tabbyapi aphrodite localai lmstudio koboldcpp
      POST /v1/face/analyze: localai
      POST /v1/face/embed: localai
      POST /v1/face/verify: localai
      POST /v1/images/edits: vllm sglang ollama openai llamaswap
      POST /v1/images/generations: vllm sglang ollama openai llamaswap localai koboldcpp
      POST /v1/images/inpainting: localai
      POST /v1/images/upscale: localai
      POST /v1/images/variations: openai
      POST /v1/messages: vllm sglang llamacpp ollama openai llamaswap aphrodite localai lmstudio
      POST /v1/messages/count_tokens: vllm sglang llamacpp openai llamaswap aphrodite
      POST /v1/moderations: openai localai
      GET /v1/realtime: vllm sglang openai aphrodite localai
      POST /v1/rerank: vllm sglang llamacpp openai llamaswap aphrodite localai
      POST /v1/reranking: llamacpp llamaswap
      GET /v1/responses: openai localai
      POST /v1/responses: vllm sglang llamacpp ollama openai llamaswap aphrodite localai lmstudio
      POST /v1/responses/compact: openai
      POST /v1/responses/input_tokens: llamacpp openai
      DELETE /v1/responses/{id}: openai
      GET /v1/responses/{id}: vllm sglang openai aphrodite localai
      POST /v1/responses/{id}/cancel: vllm sglang openai aphrodite localai
      GET /v1/responses/{id}/input_items: openai
      POST /v1/score: vllm sglang openai aphrodite
      POST /v1/token/decode: tabbyapi
      POST /v1/token/encode: tabbyapi
      POST /v1/tokenize: sglang aphrodite localai
      POST /v1/vad: localai
      POST /v1/voice/analyze: localai
      POST /v1/voice/embed: localai
      POST /v1/voice/verify: localai
      POST /v2/embed: vllm aphrodite
      POST /v2/rerank: vllm openai aphrodite
      POST /api/chat: sglang ollama localai koboldcpp
      POST /api/embed: ollama localai
      POST /api/embeddings: ollama localai
      POST /api/extra/detokenize: koboldcpp
      POST /api/extra/embeddings: koboldcpp
      POST /api/extra/generate/stream: tabbyapi aphrodite koboldcpp
      POST /api/extra/json_to_grammar: koboldcpp
      POST /api/extra/tokencount: tabbyapi aphrodite koboldcpp
      POST /api/extra/tokenize: koboldcpp
      POST /api/extra/transcribe: koboldcpp
      POST /api/extra/tts: koboldcpp
      POST /api/generate: sglang ollama localai koboldcpp
      POST /api/latest/generate: tabbyapi aphrodite koboldcpp
      POST /api/v0/chat/completions: lmstudio
      POST /api/v0/completions: lmstudio
      POST /api/v0/embeddings: lmstudio
      POST /api/v1/chat: lmstudio
      POST /api/v1/generate: tabbyapi aphrodite koboldcpp
      POST /apply-template: llamacpp
      POST /audio/classification: localai
      POST /audio/diarization: localai
      POST /audio/speech: localai koboldcpp
      POST /audio/transcriptions: llamacpp localai koboldcpp
      POST /audio/transformations: localai
      POST /audioapi/v1/tasks/run: llamaswap
      POST /chat/completions: llamacpp localai koboldcpp
      POST /chat/completions/input_tokens: llamacpp
      POST /chat_tokenize: tgi
      POST /classify: vllm sglang aphrodite
      POST /completion: llamacpp llamaswap
      POST /completions: llamacpp localai koboldcpp
      POST /detokenize: vllm sglang llamacpp aphrodite
      POST /edits: localai
      POST /embedding: llamacpp
      POST /embeddings: llamacpp localai
      POST /encode: sglang
      POST /generate: sglang tgi
      POST /generate_from_file: sglang
      POST /generate_stream: tgi
      POST /generative_scoring: vllm aphrodite
      POST /images/generations: localai koboldcpp
      POST /images/inpainting: localai
      POST /images/upscale: localai
      POST /inference/v1/generate: vllm aphrodite
      POST /infill: llamacpp llamaswap
      POST /messages: localai
      POST /moderations: localai
      POST /parse_function_call: sglang
      POST /pooling: vllm aphrodite
      POST /rerank: vllm llamacpp llamaswap aphrodite
      POST /reranking: llamacpp llamaswap
      POST /responses: llamacpp localai
      POST /responses/input_tokens: llamacpp
      POST /score: vllm aphrodite
      POST /sdapi/v1/img2img: llamaswap koboldcpp
      POST /sdapi/v1/interrogate: koboldcpp
      POST /sdapi/v1/txt2img: llamaswap koboldcpp
      POST /separate_reasoning: sglang
      POST /tokenize: vllm sglang llamacpp aphrodite tgi
      POST /tts: localai
      POST /tts_to_audio: koboldcpp
      POST /v/chat/completions: llamaswap
      POST /v/completions: llamaswap
      POST /v/embeddings: llamaswap
      POST /v/messages: llamaswap
      POST /v/messages/count_tokens: llamaswap
      POST /v/rerank: llamaswap
      POST /v/reranking: llamaswap
      POST /v/responses: llamaswap
      POST /vad: localai
      POST /vertex: tgi
      POST /video: localai
      """;

  private static final String ID = "{id}";

  private static final Map<Kind, List<String>> LINES = new EnumMap<>(Kind.class);

  /// The profile of each kind, made once since many models have the same kind.
  private static final Map<Kind, EnginePaths> MADE = new EnumMap<>(Kind.class);

  static {
    for (Kind kind : Kind.values()) LINES.put(kind, new ArrayList<>());
    for (String row : TABLE.strip().split("\n")) {
      int colon = row.indexOf(": ");
      for (String word : row.substring(colon + 2).split(" ")) {
        LINES.get(Kind.of(word).orElseThrow()).add(row.substring(0, colon));
      }
    }
    LINES.forEach((kind, lines) -> MADE.put(kind, new EnginePaths(lines)));
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

  /// Returns the paths of a kind.
  static EnginePaths of(Kind kind) {
    return MADE.get(kind);
  }

  /// Returns the lines of the table that a kind has: a method and a path each.
  static List<String> lines(Kind kind) {
    return LINES.get(kind);
  }

  /// Whether a server of this kind has several models and chooses one by itself for the body of a
  /// POST that names none: LocalAI the first one that fits, LM Studio and TabbyAPI one that some
  /// caller has loaded, hosted APIs a default of the path or the account. TabbyAPI reads no name
  /// elsewhere, KoboldCpp nowhere; the others refuse such a body or have one model.
  ///
  /// @param path as the caller writes it; letter case does not matter, since LM Studio ignores it
  static boolean choosesModel(Kind kind, String path) {
    String lower = path.toLowerCase(Locale.ROOT);
    return switch (kind) {
      case OPENAI, LOCALAI, LMSTUDIO -> of(kind).usual().contains(lower);
      case TABBYAPI -> lower.equals("/v1/chat/completions") || lower.equals("/v1/completions");
      case VLLM, SGLANG, LLAMACPP, OLLAMA, LLAMASWAP, APHRODITE, KOBOLDCPP, TGI -> false;
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
