package bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// wrk: callers on kept connections who send their next request when they have their answer.
///
/// @param lab where it runs
/// @param script load.lua
record Wrk(Lab lab, Path script) {

  private static final int PATIENCE_SECONDS = 15;

  /// Loads a proxy for some seconds and says what came of it: requests, rate, errors, p50 and p99
  /// in microseconds; CPU, user and system time in microseconds for each request.
  ///
  /// @throws IOException when wrk or the proxy did not live through it
  Map<String, Double> run(Proxy proxy, byte[] request, int connections, int seconds)
      throws IOException, InterruptedException {
    boolean body = new String(request, 0, 20, StandardCharsets.US_ASCII).contains("embeddings");
    int port = body ? proxy.backendPort() : proxy.answersPort();
    int whole = Answer.to(request, port, PATIENCE_SECONDS * 1000).bytes();
    List<String> command =
        List.of(
            "wrk",
            "-t1",
            "-c" + connections,
            "-d" + seconds + "s",
            "--timeout",
            "10s",
            "-s",
            script.toString(),
            "http://127.0.0.1:" + port,
            "--",
            Wire.TOKEN,
            bodyFile(request).toString());
    Cpu before = Cpu.of(proxy.pids());
    String said;
    try (Program wrk = Program.start("wrk", lab.folder(), command)) {
      if (!wrk.process().waitFor(seconds + PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("wrk did not end in time");
      }
      said = wrk.lastWords();
    }
    Cpu cpu = Cpu.of(proxy.pids()).since(before);
    String line =
        said.lines()
            .filter(each -> each.startsWith("RESULT"))
            .findFirst()
            .orElseThrow(() -> new IOException("wrk said: " + said));
    Map<String, Double> values = new HashMap<>();
    Callers.words(line).forEach((name, value) -> values.put(name, Double.valueOf(value)));
    double requests = values.get("requests");
    if (requests == 0) throw new IOException("no request was answered");
    if (values.get("bytes") < 0.97 * requests * whole) throw new IOException("answers were short");
    values.put("rate", requests / values.get("micros") * 1e6);
    if (!proxy.isDirect()) {
      values.put("cpu", cpu.micros(requests));
      values.put("user", cpu.userMicros(requests));
      values.put("system", cpu.systemMicros(requests));
    }
    return values;
  }

  // The path in the first line, then the body.
  private Path bodyFile(byte[] request) throws IOException {
    Path file = lab.folder().resolve("body-" + request.length);
    if (Files.exists(file)) return file;
    String text = new String(request, StandardCharsets.UTF_8);
    String path = text.substring(text.indexOf(' ') + 1, text.indexOf(" HTTP/"));
    return Files.writeString(file, path + "\n" + text.substring(text.indexOf("\r\n\r\n") + 4));
  }
}
