package chaos;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// Where scripted backends are, and what they have seen.
final class Scripts {

  private static final int READY_MILLIS = 15_000;

  private final int controlPort;
  private final Map<Script, Integer> ports = new EnumMap<>(Script.class);

  /// What a backend has seen.
  ///
  /// @param executed how many requests it worked on
  /// @param distinct how many different ones, by `user` of their bodies
  /// @param connections how many connections there were
  /// @param heads the heads of these requests, of the first thousand
  record Seen(int executed, int distinct, int connections, List<String> heads) {}

  Scripts(int controlPort) {
    this.controlPort = controlPort;
  }

  int controlPort() {
    return controlPort;
  }

  int add(Script script, int port) {
    ports.put(script, port);
    return port;
  }

  /// The URL of one of them, in quotes.
  String url(Script script) {
    return "\"http://127.0.0.1:" + ports.get(script) + "\"";
  }

  Seen seen(Script script) {
    String[] parts = control("/" + script).body().split(Scripted.BETWEEN);
    String[] counts = parts[0].split(" ");
    return new Seen(
        Integer.parseInt(counts[0]),
        Integer.parseInt(counts[1]),
        Integer.parseInt(counts[2]),
        List.of(parts).subList(1, parts.length));
  }

  void await(Program program) throws IOException, InterruptedException {
    Waiting.until(READY_MILLIS, () -> !program.lives() || control("/").status() == 200);
    if (control("/").status() != 200) {
      throw new IOException("scripted backends don't start: " + program.lastWords());
    }
  }

  /// Whether their process is there.
  boolean live() {
    return control("/").status() == 200;
  }

  private Answer control(String path) {
    return Caller.get("127.0.0.1", controlPort, path, "");
  }
}
