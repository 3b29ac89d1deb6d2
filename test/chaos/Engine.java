package chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A simulated engine that can be ended and started again at the same place.
final class Engine {

  private static final int READY_MILLIS = 15_000;

  private final Path folder;
  private final String host;
  private final int port;
  private final List<String> command;
  private Program program;

  Engine(Path folder, String host, int port, List<String> command) {
    this.folder = folder;
    this.host = host;
    this.port = port;
    this.command = List.copyOf(command);
  }

  String url() {
    return "http://" + host + ":" + port;
  }

  /// Starts it, without waiting.
  void start() throws IOException {
    program = Program.start("engine-" + host + "-" + port, folder, command);
  }

  /// Waits until it answers.
  void await() throws IOException, InterruptedException {
    Waiting.until(READY_MILLIS, () -> !program.lives() || get("/health").status() == 200);
    if (get("/health").status() != 200) {
      throw new IOException(program.name() + " does not answer; it said: " + program.lastWords());
    }
  }

  void kill() {
    if (program != null) program.kill();
  }

  /// Asks it to end and waits for that, at most so long.
  ///
  /// @return false when it had to be killed
  boolean stop(int seconds) throws InterruptedException {
    return program.stop(seconds) != -1;
  }

  /// How many requests it has finished.
  long finished() {
    return metric("llmhop_sim_requests_total");
  }

  /// How many requests it works on.
  long running() {
    return metric("vllm:num_requests_running");
  }

  /// How many requests it has finished whose callers were there to the end.
  long answered() {
    String metrics = metrics();
    return sum(metrics, "llmhop_sim_requests_total") - sum(metrics, "llmhop_sim_cancelled_total");
  }

  /// How many requests for a model it has in hand, running or in its own line.
  long inHand(String model) {
    String metrics = metrics();
    String label = "{model_name=\"" + model + "\"}";
    return sum(metrics, "vllm:num_requests_running" + label)
        + sum(metrics, "vllm:num_requests_waiting" + label);
  }

  private String metrics() {
    return get("/metrics").body();
  }

  // A sum over its models.
  private long metric(String name) {
    return sum(metrics(), name);
  }

  private static long sum(String metrics, String name) {
    Matcher lines =
        Pattern.compile("(?m)^" + Pattern.quote(name) + "(\\{[^}]*})? ([0-9.]+)").matcher(metrics);
    long sum = 0;
    while (lines.find()) sum += (long) Double.parseDouble(lines.group(2));
    return sum;
  }

  private Answer get(String path) {
    return Caller.get(host, port, path, "");
  }
}
