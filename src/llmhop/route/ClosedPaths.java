package llmhop.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llmhop.config.Glob;

/// Paths by which inference engines are managed, which they leave open to whoever reaches them: a
/// caller of a model must not be able to put it to sleep. Closed for every model unless its
/// `allowPaths` names them.
///
/// Compared on [Target#normal], which undoes the spellings that servers are known to undo, and with
/// all that lies below each path.
///
/// @see <a href="https://docs.vllm.ai/en/latest/usage/security.html">vLLM on its endpoints</a>
/// @see <a href="https://docs.sglang.ai/basic_usage/native_api.html">SGLang's native API</a>
/// @see <a href="https://github.com/ggml-org/llama.cpp/tree/master/tools/server">llama.cpp</a>
/// @see <a href="https://github.com/ollama/ollama/blob/main/docs/api.md">Ollama's API</a>
final class ClosedPaths {
  /// A closed path, and all that lies below it; `method` is empty where all methods are closed.
  private record Rule(Optional<String> method, Glob path, Glob below) {
    static Rule of(Optional<String> method, String path) {
      return new Rule(method, new Glob(path), new Glob(path + "/*"));
    }

    boolean covers(String normalPath) {
      return path.matches(normalPath) || below.matches(normalPath);
    }

    boolean closes(String askedMethod, String normalPath) {
      return covers(normalPath) && (method.isEmpty() || method.get().equalsIgnoreCase(askedMethod));
    }
  }

  private static final List<Rule> RULES =
      List.of(
          // vLLM
          all("/pause"),
          all("/resume"),
          all("/sleep"),
          all("/wake_up"),
          all("/collective_rpc"),
          all("/scale_elastic_ep"),
          all("/reset_*_cache"),
          all("/v1/load_lora_adapter"),
          all("/v1/unload_lora_adapter"),
          all("/invocations"),
          all("/start_profile"),
          all("/stop_profile"),
          // SGLang
          all("/flush_cache"),
          all("/pause_generation"),
          all("/continue_generation"),
          all("/abort_request"),
          all("/update_weights*"),
          all("/load_lora_adapter"),
          all("/unload_lora_adapter"),
          all("/release_memory_occupation"),
          all("/resume_memory_occupation"),
          all("/server_info"),
          all("/get_server_info"),
          // llama.cpp
          all("/slots"),
          Rule.of(Optional.of("POST"), "/props"),
          all("/lora-adapters"),
          all("/models/load"),
          all("/models/unload"),
          // Ollama
          all("/api/pull"),
          all("/api/push"),
          all("/api/create"),
          all("/api/delete"),
          all("/api/copy"),
          all("/api/blobs"));

  private final List<Rule> opened = new ArrayList<>();

  /// The closed paths less those that these patterns open.
  ClosedPaths(List<String> allowPaths) {
    for (String path : allowPaths) opened.add(all(Target.normal(path)));
  }

  private static Rule all(String path) {
    return Rule.of(Optional.empty(), path);
  }

  /// Whether a request for this raw path is closed.
  boolean closes(String method, String rawPath) {
    if (ModelName.BY_MODEL.contains(rawPath)) {
      return false;
    }
    String path = Target.normal(rawPath);
    for (Rule rule : RULES) {
      if (rule.closes(method, path)) {
        return opened.stream().noneMatch(open -> open.covers(path));
      }
    }
    return false;
  }
}
