package llmhop.backend;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import llmhop.config.LoadSource;
import llmhop.http.upstream.UpstreamException;
import llmhop.json.Json;
import llmhop.json.JsonException;

/// Asks an engine how much it has to do. Used by one thread.
///
/// | engine | asked | what counts |
/// |---|---|---|
/// | vLLM | `/metrics` | `vllm:num_requests_running`, `vllm:num_requests_waiting` |
/// | SGLang | `/v1/loads` | `num_running_reqs`, `num_waiting_reqs` of all `loads` |
/// | llama.cpp | `/metrics` | `llamacpp:requests_processing`, `llamacpp:requests_deferred` |
final class LoadPoll {
  /// vLLM's page has some hundred lines per model; more than this is no such page.
  private static final int MOST_BYTES = 4 * 1024 * 1024;

  /// A number goes by after so many times that none came.
  private static final int STALE = 3;

  private static final int LARGEST = 1_000_000;

  private final LoadSource source;
  private final Backend backend;
  private final LongSupplier nanos;

  LoadPoll(LoadSource source, Backend backend, LongSupplier nanos) {
    this.source = source;
    this.backend = backend;
    this.nanos = nanos;
  }

  /// Asks once. What can't be had or understood is passed over: the last number grows old.
  void run() {
    int before = backend.inFlight();
    try {
      Duration timeout = source.every().multipliedBy(STALE - 1);
      Question.Answer answer = Question.ask(backend, path(), timeout, MOST_BYTES);
      if (answer.isFine() && answer.body().isPresent()) {
        OptionalLong requests = requests(answer.body().get());
        if (requests.isPresent()) {
          long stale = nanos.getAsLong() + STALE * source.every().toNanos();
          // What we sent while it wrote its answer may be in it or not: half of it is.
          int then = (before + backend.inFlight() + 1) / 2;
          int counted = (int) Math.min(requests.getAsLong(), LARGEST);
          backend.told(new EngineLoad(counted, then, stale, true));
        }
      }
    } catch (UpstreamException e) {
      // It is told by requests and probes whether the backend is well.
    }
  }

  private String path() {
    return switch (source.engine()) {
      case VLLM, LLAMACPP -> "/metrics";
      case SGLANG -> "/v1/loads";
    };
  }

  private OptionalLong requests(byte[] body) {
    return switch (source.engine()) {
      case VLLM -> ofMetrics(body, "vllm:num_requests_running", "vllm:num_requests_waiting");
      case LLAMACPP ->
          ofMetrics(body, "llamacpp:requests_processing", "llamacpp:requests_deferred");
      case SGLANG -> ofLoads(body);
    };
  }

  /// The sum of two metrics over all their labels, in Prometheus' text format; empty when neither
  /// is there.
  static OptionalLong ofMetrics(byte[] body, String running, String waiting) {
    double sum = 0;
    boolean found = false;
    for (String line : new String(body, StandardCharsets.UTF_8).split("\n")) {
      if (isOf(line, running) || isOf(line, waiting)) {
        double value = value(line);
        if (value >= 0 && value < LARGEST) {
          sum += value;
          found = true;
        }
      }
    }
    return found ? OptionalLong.of(Math.round(sum)) : OptionalLong.empty();
  }

  private static boolean isOf(String line, String metric) {
    int length = metric.length();
    return line.startsWith(metric)
        && line.length() > length
        && (line.charAt(length) == '{' || line.charAt(length) == ' ');
  }

  /// The number behind the name and its labels; a time may follow it. Labels may hold blanks and
  /// braces, in quotes.
  private static double value(String line) {
    int labels = line.lastIndexOf('}');
    int from = labels >= 0 ? labels + 1 : line.indexOf(' ');
    if (from < 0) {
      return -1;
    }
    String[] words = line.substring(from).strip().split(" ");
    try {
      return Double.parseDouble(words[0]);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /// SGLang's list of one load per worker.
  static OptionalLong ofLoads(byte[] body) {
    try {
      Json json = Json.parse(body);
      Json loads = json instanceof Json.Obj object ? object.get("loads").orElse(json) : json;
      return sum(loads);
    } catch (JsonException e) {
      return OptionalLong.empty();
    }
  }

  private static OptionalLong sum(Json loads) {
    if (loads instanceof Json.Obj one) {
      OptionalLong running = number(one, "num_running_reqs");
      OptionalLong waiting = number(one, "num_waiting_reqs");
      return running.isPresent() || waiting.isPresent()
          ? OptionalLong.of(running.orElse(0) + waiting.orElse(0))
          : OptionalLong.empty();
    }
    OptionalLong all = OptionalLong.empty();
    if (loads instanceof Json.Arr list) {
      for (Json each : list.items()) {
        OptionalLong one = each instanceof Json.Obj ? sum(each) : OptionalLong.empty();
        if (one.isPresent()) {
          all = OptionalLong.of(all.orElse(0) + one.getAsLong());
        }
      }
    }
    return all;
  }

  private static OptionalLong number(Json.Obj object, String name) {
    return object.get(name).orElse(null) instanceof Json.Num number
            && number.asLong().orElse(-1) >= 0
            && number.asLong().orElse(-1) < LARGEST
        ? number.asLong()
        : OptionalLong.empty();
  }
}
