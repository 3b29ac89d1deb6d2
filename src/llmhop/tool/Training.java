package llmhop.tool;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
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
/// requests that most routers see. All of it is on loopback, and ends by itself; a process that is
/// killed (SIGKILL) leaves a router that lets nobody in.
final class Training implements AutoCloseable {
  private static final int ROUNDS = 40;
  private static final Duration LONGEST_REQUEST = Duration.ofSeconds(10);

  private static final int LONGEST_END_SECONDS = 5;
  private static final int LAST_LINES = 20;
  private static final Pattern LISTENS = Pattern.compile(" listens on 127\\.0\\.0\\.1:([0-9]+)");
  private static final String MODEL = "training";
  private static final int TOKEN_BYTES = 16;

  private static final String CONFIG =
      """
      {
        "listen": "127.0.0.1:0",
        "log": "text",
        "authTokens": [{"name": "training", "token": "%s"}],
        "models": {"training": {"url": "http://127.0.0.1:%d", "aliases": ["another"]}}
      }
      """;

  private final SimulatedServer backend;
  private final String token;
  private final List<Path> files;
  private final Thread hook = new Thread(this::end, "end of the training");

  /// Guarded by this object's monitor, as long as the hook may come in between.
  private Process router;

  /// The last lines of the router's output. Its own monitor guards it.
  private final Deque<String> said = new ArrayDeque<>();

  private Training(SimulatedServer backend, String token, List<Path> files) {
    this.backend = backend;
    this.token = token;
    this.files = files;
  }

  /// Starts the backend, and the router by this command, to which its config is added.
  ///
  /// @param made the files that are removed at the end, if they are there
  /// @param longest how long all of it may take, Java's writing too
  static Training start(List<String> command, List<Path> made, Duration longest)
      throws IOException {
    SimulatedServer backend = backend();
    String token = token();
    List<Path> files = new ArrayList<>(made);
    var training = new Training(backend, token, files);
    try {
      Path config = Files.createTempFile("llmhop", ".json");
      files.add(config);
      Files.writeString(config, CONFIG.formatted(token, backend.address().getPort()));
      List<String> words = new ArrayList<>(command);
      words.addAll(List.of("--config", config.toString()));
      training.start(words);
      Thread.ofVirtual().start(() -> training.endIn(longest));
      return training;
    } catch (IOException e) {
      training.close();
      throw e;
    }
  }

  /// Who is told to stop takes the router with it, also one that is just being started.
  private synchronized void start(List<String> command) throws IOException {
    Runtime.getRuntime().addShutdownHook(hook);
    router = new ProcessBuilder(command).redirectErrorStream(true).start();
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

  private static String token() {
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  /// Asks the router, and ends it, which then writes its cache.
  void run() throws IOException, UpstreamException {
    BufferedReader output = router.inputReader(StandardCharsets.UTF_8);
    int port = awaitPort(output);
    Thread.ofVirtual().start(() -> keep(output));
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
    fields.add("Authorization", "Bearer " + token);
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

  private int awaitPort(BufferedReader output) throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      keep(line);
      Matcher matcher = LISTENS.matcher(line);
      if (matcher.find()) return Integer.parseInt(matcher.group(1));
    }
    throw failed("the router doesn't start");
  }

  private void keep(BufferedReader output) {
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

  private void endIn(Duration longest) {
    try {
      if (!router.waitFor(longest.toMillis(), TimeUnit.MILLISECONDS)) kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Ends the router and the Java that it has write the cache.
  private void kill() {
    router.descendants().forEach(ProcessHandle::destroyForcibly);
    router.destroyForcibly();
  }

  private synchronized void end() {
    try {
      if (router != null) {
        kill();
        router.waitFor(LONGEST_END_SECONDS, TimeUnit.SECONDS);
      }
      for (Path file : files) Files.deleteIfExists(file);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // What can't be removed stays.
    }
  }

  @Override
  public void close() {
    end();
    backend.close();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // It runs already.
    }
  }
}
