package llmhop.tool;

import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/// What `GET /metrics` shows, in Prometheus' text format: vLLM's gauges and counters by its own
/// names, and counters of ours. Shared by all exchanges.
final class SimMetrics {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final List<String> models;
  private final RunQueue queue;
  private final PrefixCache cache;
  private final LongAdder requests = new LongAdder();
  private final LongAdder tokens = new LongAdder();
  private final LongAdder cancelled = new LongAdder();
  private final LongAdder dropped = new LongAdder();

  SimMetrics(List<String> models, RunQueue queue, PrefixCache cache) {
    this.models = List.copyOf(models);
    this.queue = queue;
    this.cache = cache;
  }

  /// Counts a request, when it is over, with the tokens that were made for it.
  void over(Call call) {
    requests.increment();
    tokens.add(call.tokens());
  }

  void cancelled() {
    cancelled.increment();
  }

  void dropped() {
    dropped.increment();
  }

  String text() {
    return gauge("num_requests_running", "Requests that run.", RunQueue.Load::running)
        + gauge("num_requests_waiting", "Requests that wait.", RunQueue.Load::waiting)
        + gauge("kv_cache_usage_perc", "Share of the cache, 1 is all.", RunQueue.Load::cacheUsage)
        + use("queries", "Prompt tokens that were looked for.", PrefixCache.Use::queriedTokens)
        + use("hits", "Prompt tokens that were found.", PrefixCache.Use::hitTokens)
        + counter("requests", "Requests that are over.", requests)
        + counter("tokens", "Tokens that were made.", tokens)
        + counter("cancelled", "Requests whose caller left.", cancelled)
        + counter("dropped", "Requests without an end, on purpose.", dropped);
  }

  private String gauge(String name, String help, ToDoubleFunction<RunQueue.Load> value) {
    StringBuilder out = new StringBuilder(head("vllm:" + name, help, "gauge"));
    for (String model : models) {
      line(out, name, model).append(value.applyAsDouble(queue.load(model))).append('\n');
    }
    return out.toString();
  }

  private String use(String what, String help, ToLongFunction<PrefixCache.Use> value) {
    String name = "prefix_cache_" + what + "_total";
    StringBuilder out = new StringBuilder(head("vllm:" + name, help, "counter"));
    for (String model : models) {
      line(out, name, model).append(value.applyAsLong(cache.use(model))).append('\n');
    }
    return out.toString();
  }

  private static StringBuilder line(StringBuilder out, String name, String model) {
    String label = model.replace("\\", "\\\\").replace("\"", "\\\"");
    return out.append("vllm:").append(name).append("{model_name=\"").append(label).append("\"} ");
  }

  private static String counter(String name, String help, LongAdder value) {
    String full = "llmhop_sim_" + name + "_total";
    return head(full, help, "counter") + full + " " + value.sum() + "\n";
  }

  private static String head(String name, String help, String type) {
    return "# HELP %s %s\n# TYPE %s %s\n".formatted(name, help, name, type);
  }
}
