package llmhop.route;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llmhop.config.Glob;

/// Paths by which inference engines are managed, profiled and looked into, which engines leave open
/// to every client: a caller of a model must not be able to put it to sleep, to read what other
/// callers ask, or to reach another model. Closed for every model unless its `allowPaths` names
/// them.
///
/// Each table names an engine's own routes, read in its repository or documentation (docs/paths.md
/// lists the sources). A pattern with `*` closes a family; all others close what lies below them,
/// too. All are in lower case, since readings are.
final class AdminPaths {
  /// vLLM and Aphrodite: pause, put to sleep, profile, exchange weights and adapters, dispatch to
  /// any path (`/invocations`).
  private static final String VLLM =
      """
      /pause /resume /sleep /wake_up /collective_rpc /scale_elastic_ep /fault_tolerance
      /abort_requests /init_weight_transfer_engine /start_weight_update
      /finish_weight_update /v1/load_lora_adapter /v1/unload_lora_adapter /invocations
      /start_profile /stop_profile /reset_*_cache /update_weight*
      """;

  /// SGLang: the same, and its caches, corpora, logs and the addresses of other engines.
  private static final String SGLANG =
      """
      /flush_cache /hicache /clear_hicache_storage_backend /get_hicache_l3_cache_layout
      /pause_generation /continue_generation /abort_request /init_weights_update_group
      /destroy_weights_update_group /init_weights_send_group_for_remote_instance
      /send_weights_to_remote_instance /begin_weight_update /end_weight_update
      /get_weights_by_name /get_weights_checksum /weights_checker
      /release_memory_occupation /resume_memory_occupation /set_internal_state /slow_down
      /freeze_gc /configure_logging /set_trace_level /dumper /pd_role_switch
      /start_expert_distribution_record /stop_expert_distribution_record
      /dump_expert_distribution_record /add_external_corpus /remove_external_corpus
      /list_external_corpora /server_info /get_server_info
      /remote_instance_transfer_engine_info /get_remote_instance_transfer_engine_info
      /get_transfer_engine_info /register_transfer_engine_info /register_encoder_url
      /unregister_encoder_url /list_encoder_urls /scheduler_receive_url
      /scheduler_receive_meta_data /gate /v1/set_lora /v1/merge_lora_weights
      /v1/unmerge_lora_weights /load_lora_adapter* /unload_lora_adapter*
      """;

  /// llama.cpp: what other callers ask, adapters, loaded models, requests to any host.
  private static final String LLAMACPP =
      """
      /slots /lora-adapters /models/load /models/unload /models/sse
      /v1/chat/completions/control /v1/stream /v1/streams /cors-proxy
      """;

  /// Ollama: the models on its disk, its account, and the web in the account's name.
  private static final String OLLAMA =
      """
      /api/pull /api/push /api/create /api/delete /api/copy /api/blobs /api/me
      /api/signout /api/user /api/experimental
      """;

  /// llama-swap: other models by their name in the path, recorded requests, logs, what is loaded.
  private static final String LLAMASWAP =
      """
      /upstream /comfyui /logs /running /unload /ui /api/captures /api/events
      /api/hardware /api/inflight /api/metrics /api/models /api/performance /api/profiles
      """;

  /// TabbyAPI: what is loaded, downloads, templates and sampling for all callers.
  private static final String TABBYAPI =
      """
      /v1/download /v1/model/load /v1/model/unload /v1/model/embedding/load
      /v1/model/embedding/unload /v1/lora/load /v1/lora/unload /v1/template/switch
      /v1/template/unload /v1/sampling/override/switch /v1/sampling/override/unload
      /v1/auth/permission
      """;

  /// LocalAI: models, backends, agents, users, nodes and traces; stores that all callers share;
  /// paths that name a model in a way that this router does not read.
  private static final String LOCALAI =
      """
      /models/apply /models/available /models/delete /models/edit /models/galleries
      /models/import /models/import-uri /models/jobs /models/reload /models/toggle-pinned
      /models/toggle-state /backend /backends /v1/backend /system /stores /import-model
      /network /v1/engines /v1/text-to-speech /v1/sound-generation /v1/mcp/prompts
      /v1/mcp/resources /v1/mcp/servers /v1/face/register /v1/face/identify
      /v1/face/forget /v1/voice/register /v1/voice/identify /v1/voice/forget /api/agent
      /api/agents /api/aliases /api/auth /api/backends /api/backend-logs
      /api/backend-traces /api/branding /api/cors-proxy /api/fine-tuning /api/middleware
      /api/node /api/nodes /api/operations /api/p2p /api/pii/events /api/quantization
      /api/resources /api/router /api/settings /api/traces /api/usage /api/voice-profiles
      /ws/backend-logs /ws/nodes
      """;

  /// LM Studio: downloads and loaded models, and the WebSockets of its own SDK.
  private static final String LMSTUDIO =
      """
      /api/v1/models/download /api/v1/models/load /api/v1/models/unload /diagnostics /llm
      /plugins /repository /retrieval /runtime
      """;

  /// KoboldCpp: the last image of whichever caller, uploads for the next one, the web, its config.
  private static final String KOBOLDCPP =
      """
      /history /view /view.png /api/history /api/view /view_image* /upload/image*
      /api/upload/image* /api/extra/websearch* /api/admin/reload_config*
      """;

  /// Hosted APIs, and LocalAI: keys of the operator's account, calls that go past the router once
  /// they are set up, and the account itself.
  private static final String HOSTED =
      """
      /v1/realtime/calls /v1/realtime/client_secrets /v1/realtime/sessions
      /v1/realtime/transcription_session /v1/realtime/transcription_sessions
      /v1/realtime/translations /v1/chatkit/sessions /v1/organization /v1/organizations
      """;

  /// KoboldCpp goes by how the target of a request ends, with its query, whatever comes before.
  private static final String ENDING =
      """
      /api/admin /api/extra/abort /api/extra/data /api/extra/generate/check
      /api/extra/last_logprobs /api/extra/multiplayer /api/extra/shutdown
      /api/extra/websearch /set_tts_settings
      """;

  /// Paths that are closed for every method, with all that lies below.
  static final Set<String> CLOSED = new HashSet<>();

  /// Patterns that close a family of paths each.
  static final List<Glob> FAMILIES = new ArrayList<>();

  /// Ends of targets that are closed, whatever comes before them.
  static final List<String> ENDINGS = List.of(ENDING.strip().split("\\s+"));

  /// Paths that are closed unless a request only reads them; what lies below them is something
  /// else. The first three are llama.cpp's, the others KoboldCpp's and Aphrodite's.
  static final Set<String> READ_ONLY =
      Set.of(
          "/props",
          "/models",
          "/tools",
          "/api/v1/config/soft_prompt",
          "/api/latest/config/soft_prompt");

  /// Paths that are closed for GET and HEAD only: LM Studio's SDK opens WebSockets there, and other
  /// engines are used by a POST to them.
  static final Set<String> NOT_READ = Set.of("/embedding", "/files");

  /// Longest path that is looked up, in characters; no path of the tables is longer.
  private static final int LONGEST = 64;

  static {
    for (String table :
        List.of(
            VLLM, SGLANG, LLAMACPP, OLLAMA, LLAMASWAP, TABBYAPI, LOCALAI, LMSTUDIO, KOBOLDCPP,
            HOSTED)) {
      for (String path : table.strip().split("\\s+")) {
        if (path.indexOf('*') < 0) {
          CLOSED.add(path);
        } else {
          FAMILIES.add(new Glob(path));
        }
      }
    }
  }

  private AdminPaths() {}

  /// Whether a request that a server may read as one for this path, in lower case, is closed.
  ///
  /// @param ends whether the path may end there
  static boolean closes(String method, CharSequence place, boolean ends) {
    if (endsInOne(place)) {
      return true;
    }
    for (Glob family : FAMILIES) {
      if (family.matches(place)) {
        return true;
      }
    }
    if (place.length() > LONGEST) {
      return false;
    }
    String path = place.toString();
    return CLOSED.contains(path)
        || (ends && (Target.isRead(method) ? NOT_READ : READ_ONLY).contains(path));
  }

  /// Whether a text ends like one of the paths that are closed whatever comes before them.
  private static boolean endsInOne(CharSequence text) {
    for (String ending : ENDINGS) {
      if (ends(text, ending)) {
        return true;
      }
    }
    return false;
  }

  private static boolean ends(CharSequence text, String ending) {
    int from = text.length() - ending.length();
    for (int i = ending.length() - 1; i >= 0; i--) {
      if (from < 0 || text.charAt(from + i) != ending.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /// Whether an engine that goes by the end of a target could take this query for one of them.
  ///
  /// @param query the raw query with its `?`, or nothing
  static boolean closesQuery(String query) {
    if (query.indexOf('/') < 0) {
      return false;
    }
    String normal = Readings.normal(query);
    for (String ending : ENDINGS) {
      if (normal.contains(ending)) {
        return true;
      }
    }
    return false;
  }
}
