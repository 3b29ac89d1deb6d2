package chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// The processes of one scenario: routers, simulated engines and scripted backends, in a folder.
final class Lab {

  private static final Ports PORTS = new Ports();
  private static final List<String> SMALL =
      List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
  private static final List<String> ROUTER = List.of("-Xmx256m", "-XX:+UseSerialGC");

  private final Settings settings;
  private final Path folder;
  private final List<Router> routers = new ArrayList<>();
  private final List<Engine> engines = new ArrayList<>();
  private final List<Program> scripted = new ArrayList<>();

  /// @param folder what may be filled, and is removed by who made it
  Lab(Settings settings, Path folder) throws IOException {
    this.settings = settings;
    this.folder = Files.createDirectories(folder);
  }

  /// Whether scenarios are to be short.
  boolean brief() {
    return settings.brief();
  }

  /// How long hostile backends have, in milliseconds.
  long hostileMillis() {
    int usual = settings.brief() ? 5 : 15;
    return 1_000L * (settings.seconds() > 0 ? settings.seconds() : usual);
  }

  Path folder() {
    return folder;
  }

  /// A port that nobody has.
  int freePort() throws IOException {
    return PORTS.free();
  }

  /// Starts engines, each on a port of its own, and waits for them.
  ///
  /// @param options of `llmhop simulate`, with blanks between them
  List<Engine> engines(int count, String options) throws IOException, InterruptedException {
    List<Engine> started = new ArrayList<>();
    for (int i = 0; i < count; i++) started.add(engine("127.0.0.1", freePort(), options));
    for (Engine engine : started) engine.await();
    return started;
  }

  /// Starts an engine without waiting for it.
  Engine engine(String host, int port, String options) throws IOException {
    List<String> command = command(SMALL);
    command.addAll(List.of("-jar", settings.jar().toString(), "simulate"));
    command.addAll(List.of("--host", host, "--port", "" + port));
    command.addAll(List.of(options.split(" ")));
    Engine engine = new Engine(folder, host, port, command);
    synchronized (this) {
      engines.add(engine);
    }
    engine.start();
    return engine;
  }

  /// Starts a scripted backend for each of these, all in one process, and waits for them.
  Scripts scripts(Script... scripts) throws IOException, InterruptedException {
    Scripts ports = new Scripts(freePort());
    List<String> command = command(SMALL);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "chaos.Scripted"));
    command.add("" + ports.controlPort());
    for (Script script : scripts) command.add(script + "=" + ports.add(script, freePort()));
    Program program = Program.start("scripted", folder, command);
    synchronized (this) {
      scripted.add(program);
    }
    ports.await(program);
    return ports;
  }

  /// Starts a router on a free port and waits for it.
  ///
  /// @param models the value of `models`, JSON
  Router router(String models) throws IOException, InterruptedException {
    return router(freePort(), "", "", models);
  }

  /// Starts a router and waits for it.
  ///
  /// @param token one that its status can be asked for with; empty when it has none
  /// @param keys of the config beside `listen` and `models`, JSON with a comma at its end
  /// @param models the value of `models`, JSON
  /// @param flags of the JVM
  Router router(int port, String token, String keys, String models, String... flags)
      throws IOException, InterruptedException {
    Path config = folder.resolve("router-" + port + ".json");
    Files.writeString(
        config, "{\"listen\": \"127.0.0.1:%d\", %s \"models\": %s}".formatted(port, keys, models));
    return router(port, token, config, flags);
  }

  /// Starts a router whose process may have so many file descriptors, and waits for it.
  ///
  /// @param models the value of `models`, JSON
  Router routerWith(int descriptors, String models) throws IOException, InterruptedException {
    int port = freePort();
    Path config = folder.resolve("router-" + port + ".json");
    Files.writeString(
        config, "{\"listen\": \"127.0.0.1:%d\", \"models\": %s}".formatted(port, models));
    List<String> command = new ArrayList<>();
    String limited = "ulimit -n " + descriptors + " && exec \"$@\"";
    command.addAll(List.of("sh", "-c", limited, "sh"));
    command.addAll(command(ROUTER));
    command.addAll(List.of("-jar", settings.jar().toString(), "--config", config.toString()));
    Router router = new Router(port, "", Program.start("router-" + port, folder, command));
    synchronized (this) {
      routers.add(router);
    }
    router.await();
    return router;
  }

  /// Starts a router with a config that is there, and waits for it.
  Router router(int port, String token, Path config, String... flags)
      throws IOException, InterruptedException {
    return started(port, token, Program.start("router-" + port, folder, command(config, flags)));
  }

  /// The same for one whose stdout and stderr nobody reads.
  Router unreadRouter(int port, Path config) throws IOException, InterruptedException {
    return started(port, "", Program.startUnread("router-" + port, folder, command(config)));
  }

  /// Starts a router that does not speak plain HTTP, and does not wait for it.
  Program program(String name, Path config) throws IOException {
    Program program = Program.start(name, folder, command(config));
    synchronized (this) {
      scripted.add(program);
    }
    return program;
  }

  private List<String> command(Path config, String... flags) {
    List<String> command = command(ROUTER);
    command.addAll(Arrays.asList(flags));
    command.addAll(List.of("-jar", settings.jar().toString(), "--config", config.toString()));
    return command;
  }

  private Router started(int port, String token, Program program)
      throws IOException, InterruptedException {
    Router router = new Router(port, token, program);
    synchronized (this) {
      routers.add(router);
    }
    router.await();
    return router;
  }

  /// The value of `urls`: these engines.
  static String urls(List<Engine> engines) {
    return engines.stream()
        .map(engine -> "\"" + engine.url() + "\"")
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static List<String> command(List<String> flags) {
    List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
    command.addAll(flags);
    return command;
  }

  /// Ends everything; routers are asked to, and must hold nothing any more.
  ///
  /// @return what is wrong
  List<String> close() throws InterruptedException {
    List<String> wrong = new ArrayList<>();
    for (Router router : routers) router.close().ifPresent(wrong::add);
    killAll();
    return wrong;
  }

  /// Ends everything at once.
  synchronized void killAll() {
    for (Router router : routers) router.kill();
    for (Engine engine : engines) engine.kill();
    for (Program program : scripted) program.kill();
  }
}
