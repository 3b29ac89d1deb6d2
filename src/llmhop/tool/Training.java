package llmhop.tool;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llmhop.http.upstream.Head;
import llmhop.http.upstream.Origin;
import llmhop.http.upstream.Reply;
import llmhop.http.upstream.Resolver;
import llmhop.http.upstream.Settings;
import llmhop.http.upstream.Timing;
import llmhop.http.upstream.Upstream;
import llmhop.http.upstream.UpstreamException;
import llmhop.http.upstream.Whole;
import llmhop.http.wire.Fields;

/// A run of the router in a process of its own, before a simulated backend in this one, with the
/// requests that most routers see. All of it is on loopback, and ends by itself.
final class Training implements AutoCloseable {
  private static final int ROUNDS = 40;
  private static final Duration LONGEST_REQUEST = Duration.ofSeconds(10);

  /// For all of it, the writing of the cache too: it takes about 5 s, and ten times that on a slow
  /// or emulated machine.
  private static final Duration LONGEST = Duration.ofMinutes(3);

  private static final int LAST_LINES = 20;
  private static final Pattern LISTENS = Pattern.compile(" listens on 127\\.0\\.0\\.1:([0-9]+)");
  private static final String MODEL = "training";
  private static final String TOKEN = "training-token-0123456789";

  private static final String CONFIG =
      """
      {
        "listen": "127.0.0.1:0",
        "log": "text",
        "authTokens": [{"name": "training", "token": "training-token-0123456789"}],
        "models": {"training": {"url": "http://127.0.0.1:%d", "aliases": ["another"]}}
      }
      """;

  private final SimulatedServer backend;
  private final Path config;
  private final Process router;
  private final BufferedReader output;
  private final Thread limit;
  private final Thread hook;

  /// The last lines of the router's output. Its own monitor guards it.
  private final Deque<String> said = new ArrayDeque<>();

  private Training(SimulatedServer backend, Path config, Process router) {
    this.backend = backend;
    this.config = config;
    this.router = router;
    this.output = router.inputReader(StandardCharsets.UTF_8);
    this.limit = Thread.ofVirtual().start(this::endInTime);
    this.hook = new Thread(router::destroyForcibly, "end of the training");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /// Starts the backend, and the router by this command, to which its config is added.
  static Training start(List<String> command) throws IOException {
    SimulatedServer backend = backend();
    Path config = Files.createTempFile("llmhop", ".json");
    try {
      Files.writeString(config, CONFIG.formatted(backend.address().getPort()));
      var builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.command().addAll(List.of("--config", config.toString()));
      return new Training(backend, config, builder.start());
    } catch (IOException e) {
      backend.close();
      Files.deleteIfExists(config);
      throw e;
    }
  }

  private static SimulatedServer backend() throws IOException {
    List<String> words =
        List.of(
            "--port=0", "--model=" + MODEL, "--ttft=0ms", "--tokens=5", "--tokens-per-second=1000");
    var nowhere = new PrintStream(OutputStream.nullOutputStream());
    try {
      SimSettings settings = SimOptions.parse(words, System.nanoTime());
      return Simulate.start(settings, Time.SYSTEM, HangUps.OF_THE_FRONT, nowhere);
    } catch (UsageException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Asks the router, and ends it, which then writes its cache.
  void run() throws IOException, UpstreamException {
    int port = awaitPort();
    Thread.ofVirtual().start(this::keepOutput);
    var settings =
        new Settings(
            LONGEST_REQUEST,
            Settings.keepAlive(Origin.Kind.HTTP),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Resolver.SYSTEM);
    var origin = new Origin(Origin.Kind.HTTP, "127.0.0.1", port, "");
    try (var upstream = new Upstream(origin, settings, System::nanoTime)) {
      for (int round = 0; round < ROUNDS; round++) {
        expect(200, upstream, "POST", "/v1/chat/completions", chat(MODEL, ""));
        expect(200, upstream, "POST", "/v1/chat/completions", chat("another", "'stream':true,"));
      }
      expect(404, upstream, "POST", "/v1/chat/completions", chat("missing", ""));
      expect(200, upstream, "GET", "/v1/models", "");
      expect(200, upstream, "GET", "/health", "");
    }
    // Not Process.destroy, which closes the pipe that the router and Java still write to.
    router.toHandle().destroy();
    awaitEnd();
  }

  private static String chat(String model, String more) {
    String messages = "'messages':[{'role':'user','content':'hi'}]";
    return "{'model':'%s',%s%s}".formatted(model, more, messages).replace('\'', '"');
  }

  private void expect(int status, Upstream upstream, String method, String path, String body)
      throws IOException, UpstreamException {
    var fields = new Fields();
    fields.add("Authorization", "Bearer " + TOKEN);
    fields.add("Content-Type", "application/json");
    var timing = new Timing(Optional.empty(), Optional.empty(), Optional.of(LONGEST_REQUEST));
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    byte[] piece = new byte[8 * 1024];
    var request = new Whole(new Head(method, path, fields), bytes);
    try (Reply reply = upstream.send(request, timing)) {
      while (reply.read(piece, 0, piece.length) >= 0) {
        // All of it, so that the connection is used again.
      }
      if (reply.status() != status) throw failed(path + " was answered with " + reply.status());
    }
  }

  private int awaitPort() throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      keep(line);
      Matcher matcher = LISTENS.matcher(line);
      if (matcher.find()) return Integer.parseInt(matcher.group(1));
    }
    throw failed("the router doesn't start");
  }

  private void keepOutput() {
    try {
      for (String line = output.readLine(); line != null; line = output.readLine()) keep(line);
    } catch (IOException e) {
      keep(e.toString());
    }
  }

  private void keep(String line) {
    synchronized (said) {
      if (said.size() == LAST_LINES) said.removeFirst();
      said.addLast("\n  " + line);
    }
  }

  private void awaitEnd() throws IOException {
    try {
      int code = router.waitFor();
      if (code != 0) throw failed("the router ended with " + code);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed("interrupted");
    }
  }

  IOException failed(String what) {
    synchronized (said) {
      return new IOException(what + "; it said:" + String.join("", said));
    }
  }

  private void endInTime() {
    try {
      if (!router.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) router.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    router.destroyForcibly();
    limit.interrupt();
    Runtime.getRuntime().removeShutdownHook(hook);
    backend.close();
    Files.deleteIfExists(config);
  }
}
