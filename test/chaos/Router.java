package chaos;

import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A router that runs.
final class Router {

  private static final int READY_MILLIS = 15_000;
  private static final int QUIET_MILLIS = 3_000;
  private static final int END_SECONDS = 10;
  // Of the router, of each backend where it says so, and of the places at models with limits.
  private static final Pattern HELD =
      Pattern.compile(
          "\"(inFlight|inHand|bufferedBytes|queued|taken|waiting|tokenRequests|olderConfigs"
              + "|bufferFaults)\":\\s*([0-9]+)");
  private static final Pattern REQUESTS = Pattern.compile("\"requests\":\\s*([0-9]+)");
  private static final Pattern INNERMOST = Pattern.compile("(?<=.)[\\[{][^\\[\\]{}]*[]}]");

  private final int port;
  private final String token;
  private final Program program;

  Router(int port, String token, Program program) {
    this.port = port;
    this.token = token;
    this.program = program;
  }

  int port() {
    return port;
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  Answer ask(Ask ask) {
    return Caller.once(port, ask);
  }

  void await() throws IOException, InterruptedException {
    Waiting.until(READY_MILLIS, () -> !program.lives() || get("/health").status() == 200);
    if (get("/health").status() != 200) {
      throw new IOException("the router does not start; it said: " + program.lastWords());
    }
  }

  /// How many requests it says that it works on, the question not counted; -1 when it doesn't say.
  long inFlight() {
    Matcher gauge = HELD.matcher(outermost(get("/llmhop/status").body()));
    while (gauge.find()) {
      if (gauge.group(1).equals("inFlight")) return Long.parseLong(gauge.group(2));
    }
    return -1;
  }

  /// What it says that it still holds, once it had time to let go; empty when nothing.
  Optional<String> held() throws InterruptedException {
    String[] status = {""};
    boolean quiet =
        Waiting.until(
            QUIET_MILLIS,
            () -> {
              Answer answer = get("/llmhop/status");
              status[0] = answer.status() == 200 ? answer.body() : answer.toString();
              return answer.status() == 200 && holdsNothing(answer.body());
            });
    return quiet ? Optional.empty() : Optional.of("the router still holds: " + status[0]);
  }

  static boolean holdsNothing(String status) {
    boolean found = false;
    for (Matcher gauge = HELD.matcher(status); gauge.find(); found = true) {
      if (!gauge.group(2).equals("0")) return false;
    }
    // The question itself is a request, too. A backend's number of that name is not meant.
    Matcher requests = REQUESTS.matcher(outermost(status));
    return found && requests.find() && Integer.parseInt(requests.group(1)) <= 1;
  }

  private static String outermost(String json) {
    String before = "";
    String text = json.strip();
    while (!before.equals(text)) {
      before = text;
      text = INNERMOST.matcher(text).replaceAll("0");
    }
    return text;
  }

  /// Checks that it holds nothing, asks it to end, and waits for that.
  ///
  /// @return what is wrong
  Optional<String> close() throws InterruptedException {
    if (!program.lives()) return Optional.of("the router has died: " + program.lastWords());
    Optional<String> held = held();
    int code = program.stop(END_SECONDS);
    if (held.isPresent() || code == 0) return held;
    String how = code == -1 ? "had to be killed" : "ended with " + code;
    return Optional.of("the router " + how + ": " + program.lastWords());
  }

  void kill() {
    program.kill();
  }

  /// Tells it so often, without a pause, that its config has changed (SIGHUP).
  void hangUp(int times) throws IOException, InterruptedException {
    String loop = "for i in $(seq %d); do kill -HUP %d; done".formatted(times, program.pid());
    new ProcessBuilder("sh", "-c", loop).inheritIO().start().waitFor();
  }

  Vitals vitals() {
    return Vitals.of(program.pid());
  }

  Vitals.Heap heap() throws IOException {
    return Vitals.heap(program.pid());
  }

  /// All that it wrote.
  String output() throws IOException {
    return program.output();
  }

  /// A page of its own.
  Answer get(String path) {
    String field = token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n";
    return Caller.get("127.0.0.1", port, path, field);
  }
}
