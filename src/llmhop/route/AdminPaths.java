package llmhop.route;

import java.util.List;
import java.util.Set;
import llmhop.config.Glob;

/// Paths by which inference engines are managed, profiled and looked into, which they leave open to
/// whoever reaches them: a caller of a model must not be able to put it to sleep, or to read what
/// others ask. Closed for every model unless its `allowPaths` names them.
///
/// @see <a href="https://docs.vllm.ai/en/latest/usage/security.html">vLLM on its endpoints</a>
/// @see <a href="https://docs.sglang.ai/basic_usage/native_api.html">SGLang's native API</a>
/// @see <a href="https://github.com/ggml-org/llama.cpp/tree/master/tools/server">llama.cpp</a>
/// @see <a href="https://github.com/ollama/ollama/blob/main/docs/api.md">Ollama's API</a>
final class AdminPaths {
  /// Closed for every method, with all that lies below.
  static final Set<String> CLOSED =
      Set.of(
          // vLLM
          "/pause",
          "/resume",
          "/sleep",
          "/wake_up",
          "/collective_rpc",
          "/scale_elastic_ep",
          "/fault_tolerance",
          "/abort_requests",
          "/init_weight_transfer_engine",
          "/start_weight_update",
          "/finish_weight_update",
          "/v1/load_lora_adapter",
          "/v1/unload_lora_adapter",
          "/invocations",
          "/start_profile",
          "/stop_profile",
          // SGLang
          "/flush_cache",
          "/hicache",
          "/clear_hicache_storage_backend",
          "/pause_generation",
          "/continue_generation",
          "/abort_request",
          "/init_weights_update_group",
          "/destroy_weights_update_group",
          "/init_weights_send_group_for_remote_instance",
          "/send_weights_to_remote_instance",
          "/get_weights_by_name",
          "/weights_checker",
          "/release_memory_occupation",
          "/resume_memory_occupation",
          "/set_internal_state",
          "/slow_down",
          "/freeze_gc",
          "/configure_logging",
          "/set_trace_level",
          "/dumper",
          "/start_expert_distribution_record",
          "/stop_expert_distribution_record",
          "/dump_expert_distribution_record",
          "/add_external_corpus",
          "/remove_external_corpus",
          "/server_info",
          "/get_server_info",
          // llama.cpp
          "/slots",
          "/lora-adapters",
          "/models/load",
          "/models/unload",
          "/v1/chat/completions/control",
          "/v1/stream",
          "/v1/streams",
          "/cors-proxy",
          // Ollama
          "/api/pull",
          "/api/push",
          "/api/create",
          "/api/delete",
          "/api/copy",
          "/api/blobs",
          "/api/me",
          "/api/signout",
          "/api/user",
          "/api/experimental");

  /// Whole families of them: vLLM's caches, and the weights and adapters of both vLLM and SGLang.
  static final List<Glob> FAMILIES =
      List.of(
          new Glob("/reset_*_cache"),
          new Glob("/update_weight*"),
          new Glob("/load_lora_adapter*"),
          new Glob("/unload_lora_adapter*"));

  /// llama.cpp's that change or run something unless they are only read; what lies below them is
  /// something else.
  static final Set<String> READ_ONLY = Set.of("/props", "/models", "/tools");

  /// Longer ones are none of these.
  private static final int LONGEST = 64;

  private AdminPaths() {}

  /// Whether a request that a server may read as one for this path, in lower case, is closed.
  ///
  /// @param ends whether the path may end there
  static boolean closes(String method, CharSequence place, boolean ends) {
    for (Glob family : FAMILIES) {
      if (family.matches(place)) {
        return true;
      }
    }
    if (place.length() > LONGEST) {
      return false;
    }
    String path = place.toString();
    return CLOSED.contains(path) || (ends && !isRead(method) && READ_ONLY.contains(path));
  }

  private static boolean isRead(String method) {
    return method.equals("GET") || method.equals("HEAD");
  }
}
