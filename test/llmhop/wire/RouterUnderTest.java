package llmhop.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import llmhop.Assembly;
import llmhop.Changes;
import llmhop.config.Config;
import llmhop.config.ConfigException;
import llmhop.config.ConfigReader;
import llmhop.config.EnvironmentProxy;
import llmhop.config.Listen;
import llmhop.config.Secrets;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import llmhop.route.PassingTime;

/// A router inside the test's JVM, made from the text of a config as an operator would write it, on
/// a free port of 127.0.0.1 unless said otherwise. Closing it checks that nothing was left behind.
final class RouterUnderTest implements AutoCloseable {
  /// What is told of backends that come and go.
  private static final Pattern NEWS =
      Pattern.compile(
          "^llmhop: (\\S+ (is down|is up again|has joined|has left|'s list of models)|the name \\S+"
              + " can't be)");

  private final Assembly router;
  private final Entrance entrance;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private boolean faultsExpected;

  private RouterUnderTest(String json, Entrance entrance, Listen place) {
    this(json, entrance, place, System::nanoTime, InstantSource.system());
  }

  private RouterUnderTest(
      String json, Entrance entrance, Listen place, PassingTime time, InstantSource clock) {
    this.entrance = entrance;
    try {
      Config config = config(json);
      List<Listen> listen = List.of(place);
      router =
          Assembly.start(
              config, listen, EnvironmentProxy.NONE, print(out), print(err), time, clock);
    } catch (ConfigException e) {
      throw new AssertionError("the config is refused: " + e.problems(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Config config(String json) throws ConfigException {
    return ConfigReader.read(bytes(json.replace('\'', '"')), Secrets.fromProcess());
  }

  /// Puts another config into use. Single quotes stand for double ones.
  Changes reload(String json) {
    try {
      return router.reload(config(json));
    } catch (ConfigException e) {
      throw new AssertionError("the config is refused: " + e.problems(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] bytes(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }

  private static PrintStream print(ByteArrayOutputStream stream) {
    return new PrintStream(stream, true, StandardCharsets.UTF_8);
  }

  /// A router with this config. Single quotes stand for double ones.
  static RouterUnderTest of(String json) {
    return of(json, Entrance.TCP);
  }

  /// The same for callers who come in this way, whose members the config has.
  static RouterUnderTest of(String json, Entrance entrance) {
    return new RouterUnderTest(json, entrance, entrance.place());
  }

  /// The same with a time of its own for what its requests wait for.
  static RouterUnderTest of(String json, Entrance entrance, PassingTime time) {
    return new RouterUnderTest(json, entrance, entrance.place(), time, InstantSource.system());
  }

  /// The same with a time of day of its own, by which tokens expire.
  static RouterUnderTest at(InstantSource clock, String json) {
    Entrance entrance = Entrance.TCP;
    return new RouterUnderTest(json, entrance, entrance.place(), System::nanoTime, clock);
  }

  /// The same on this port, which nobody has.
  static RouterUnderTest of(String json, int port) {
    return new RouterUnderTest(json, Entrance.TCP, new Listen.Tcp("127.0.0.1", port));
  }

  /// A router with one model, `llama`, at this backend, without tokens.
  static RouterUnderTest to(ScriptedBackend backend) {
    return to(backend, Entrance.TCP);
  }

  /// The same for callers who come in this way.
  static RouterUnderTest to(ScriptedBackend backend, Entrance entrance) {
    String models = "'models': {'llama': {'url': '" + backend.url() + "'}}";
    return of("{" + entrance.members() + models + "}", entrance);
  }

  /// A router with one model, `llama`, at this backend, for which no time passes: on a loaded
  /// machine the end of a connection may be seen later than the 100 ms in which it is a race.
  static RouterUnderTest inNoTime(ScriptedBackend backend) {
    String models = "{'models': {'llama': {'url': '" + backend.url() + "'}}}";
    return of(models, Entrance.TCP, () -> 0L);
  }

  /// The same with more members in the model, such as `'rename': 'x'`.
  static RouterUnderTest to(ScriptedBackend backend, String members) {
    return of("{'models': {'llama': {'url': '" + backend.url() + "', " + members + "}}}");
  }

  int port() {
    return router.port();
  }

  /// One request on a connection of its own.
  Answer ask(Request request) {
    try (RawCaller caller = caller()) {
      return caller.ask(request);
    }
  }

  /// A connection to it.
  RawCaller caller() {
    return entrance.to(router.addresses().getFirst());
  }

  /// What it wrote to stdout so far.
  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  /// What it wrote to stderr so far.
  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  /// A gauge of `/llmhop/status`.
  long gauge(String name) {
    return Optional.ofNullable(router.gauges().get(name)).orElseThrow();
  }

  /// This test provokes a fault of ours, which stands in [#err].
  void expectFaults() {
    faultsExpected = true;
  }

  int stop(Duration delay, Duration drain) throws InterruptedException {
    return router.stop(delay, drain);
  }

  Map<String, Long> gauges() {
    return router.gauges();
  }

  /// Waits for all requests to be over and checks that they gave everything back.
  @Override
  public void close() {
    try {
      Waiting.await("no request in hand and no byte buffered", this::isQuiet);
      String faults = err().lines().filter(line -> !NEWS.matcher(line).find()).toList().toString();
      if (!faultsExpected && !faults.equals("[]")) {
        throw new AssertionError("the router reported a fault of its own:\n" + faults);
      }
    } finally {
      router.close();
    }
  }

  private boolean isQuiet() {
    return router.atBackends() == 0
        && gauge("inFlight") == 0
        && gauge("bufferedBytes") == 0
        && gauge("queued") == 0
        && gauge("tokenRequests") == 0
        && router.inFlight() == 0;
  }
}
