package bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Where it all runs: a temporary folder, free ports, the backends, and the proxies before them.
final class Lab {

  private static final int MOST_FILES = 20_000;
  private static final int FILES_BESIDE_STREAMS = 1_000;
  private static final int READY_MILLIS = 15_000;
  private static final List<String> MODULE_FOLDERS =
      List.of("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules");

  private final Settings settings;
  private final Report report;
  private final Path source;
  private final Path folder;
  private final Ports ports = new Ports();
  private final int files;
  private final int answersPort;
  private final Map<String, Integer> backendPorts = new LinkedHashMap<>();
  private final Callers callers;
  private List<Proxy> kept = List.of();

  /// Starts the backends.
  ///
  /// @param source the folder with the configs
  /// @param folder what may be filled, and is removed by who made it
  Lab(Settings settings, Report report, Path source, Path folder)
      throws IOException, InterruptedException {
    this.settings = settings;
    this.report = report;
    this.source = source;
    this.folder = folder;
    files = Math.min(MOST_FILES, Machine.mostFiles());
    answersPort = ports.free();
    for (String name : names()) backendPorts.put(name, ports.free());
    Path config = configured("backend.nginx.conf", Proxy.DIRECT, 0);
    await(Program.start("backend", folder, nginx("backend", config)), answersPort);
    String[] all = backendPorts.values().stream().map(String::valueOf).toArray(String[]::new);
    Program streams = Program.start("streams", folder, java("Backend", all));
    await(streams, backendPorts.get(Proxy.DIRECT));
    callers = new Callers(folder, java("Load"));
  }

  Settings settings() {
    return settings;
  }

  Report report() {
    return report;
  }

  Path folder() {
    return folder;
  }

  Callers callers() {
    return callers;
  }

  /// How many streams fit into the files of a proxy's single process, which needs two for each.
  int mostStreams() {
    return (files - FILES_BESIDE_STREAMS) / 2;
  }

  /// All ways in the order of the tables, whether or not they could be started.
  List<String> names() {
    return Stream.concat(Stream.of(Proxy.DIRECT), settings.proxies().stream()).toList();
  }

  Proxy direct() {
    return new Proxy(Proxy.DIRECT, answersPort, backendPorts.get(Proxy.DIRECT), List.of(), null);
  }

  /// Starts all proxies that the machine has, each proven to answer as the backend does. A short
  /// run has the same ones for all parts.
  List<Proxy> startProxies() throws IOException, InterruptedException {
    if (!settings.brief()) return startAll();
    if (kept.isEmpty()) kept = startAll();
    return kept;
  }

  void stop(List<Proxy> proxies) {
    if (!settings.brief()) proxies.forEach(Proxy::close);
  }

  private List<Proxy> startAll() throws IOException, InterruptedException {
    List<Proxy> proxies = new ArrayList<>();
    for (String name : settings.proxies()) {
      Optional<String> missing = missing(name);
      if (missing.isPresent()) {
        report.missing(name + " is left out: " + missing.get());
        if (name.equals(Proxy.LLMHOP)) report.fail("no llmhop to judge");
        continue;
      }
      try {
        proxies.add(start(name, settings.javaOptions()));
      } catch (IOException e) {
        report.fail(name + " is left out: " + e.getMessage());
      }
    }
    return proxies;
  }

  /// Starts one proxy.
  ///
  /// @throws IOException when it does not answer as the backend does
  Proxy start(String name, List<String> javaOptions) throws IOException, InterruptedException {
    int port = ports.free();
    Program program = Program.start(name, folder, command(name, port, javaOptions));
    await(program, port);
    return new Proxy(name, port, port, program.pids(), program);
  }

  private List<String> command(String name, int port, List<String> javaOptions) throws IOException {
    return switch (name) {
      case Proxy.LLMHOP -> llmhop(name, settings.jar(), port, javaOptions);
      case Proxy.BEFORE -> llmhop(name, settings.before().orElseThrow(), port, javaOptions);
      case Proxy.NGINX -> nginx("nginx", configured("nginx.conf", name, port));
      case "nginx+Lua" -> nginx("lua", configured("lua.nginx.conf", name, port));
      case "HAProxy" ->
          List.of("haproxy", "-db", "-q", "-f", "" + configured("haproxy.cfg", name, port));
      default -> throw new IllegalArgumentException("BENCH_PROXIES names no proxy: " + name);
    };
  }

  /// The command that starts llmhop on a port.
  List<String> llmhop(int port, List<String> javaOptions) throws IOException {
    return llmhop(Proxy.LLMHOP, settings.jar(), port, javaOptions);
  }

  private List<String> llmhop(String name, Path jar, int port, List<String> javaOptions)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(Machine.java()));
    command.addAll(javaOptions);
    command.addAll(List.of("-jar", jar.toString()));
    command.addAll(List.of("--config", configured("llmhop.json", name, port).toString()));
    return command;
  }

  /// A port that nobody has.
  int freePort() throws IOException {
    return ports.free();
  }

  private Optional<String> missing(String name) {
    return switch (name) {
      case Proxy.LLMHOP ->
          Files.exists(settings.jar())
              ? Optional.empty()
              : Optional.of(settings.jar() + " is not there (make jar builds it)");
      case Proxy.BEFORE ->
          Files.exists(settings.before().orElseThrow())
              ? Optional.empty()
              : Optional.of(settings.before().orElseThrow() + " is not there");
      case "nginx+Lua" ->
          modules().isEmpty()
              ? Optional.of("no Lua module (package libnginx-mod-http-lua; and lua-cjson)")
              : Optional.empty();
      case "HAProxy" -> Machine.missing("haproxy");
      default -> Machine.missing("nginx");
    };
  }

  private static Optional<String> modules() {
    return MODULE_FOLDERS.stream()
        .filter(folder -> new File(folder, "ngx_http_lua_module.so").exists())
        .findFirst();
  }

  private List<String> nginx(String name, Path config) {
    return List.of(
        "nginx",
        "-p",
        folder.toString(),
        "-e",
        folder + "/" + name + ".error.log",
        "-c",
        "" + config);
  }

  private List<String> java(String main, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Machine.java(),
                "-XX:+UseSerialGC",
                "-Xms192m",
                "-Xmn128m",
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "bench." + main));
    command.addAll(List.of(arguments));
    return command;
  }

  // Fills a config that is shipped, for a proxy on this port.
  private Path configured(String file, String name, int port) throws IOException {
    String text = Files.readString(source.resolve(file));
    Map<String, Object> words =
        Map.of(
            "@DIR@",
            folder,
            "@FILES@",
            files,
            "@STREAMS@",
            mostStreams() + 200,
            "@MODULES@",
            modules().orElse(""),
            "@ANSWER@",
            Wire.ANSWER,
            "@TOKEN@",
            Wire.TOKEN,
            "@ANSWERS_PORT@",
            answersPort,
            "@BACKEND_PORT@",
            backendPorts.get(name),
            "@PROXY_PORT@",
            port);
    for (Map.Entry<String, Object> word : words.entrySet()) {
      text = text.replace(word.getKey(), word.getValue().toString());
    }
    return Files.writeString(folder.resolve(name + "-" + port + ".conf"), text);
  }

  private static void await(Program program, int port) throws IOException, InterruptedException {
    byte[] request = Wire.chat(1024);
    long end = System.nanoTime() + READY_MILLIS * 1_000_000L;
    String why = "no answer";
    while (program.lives() && System.nanoTime() < end) {
      try {
        Answer answer = Answer.to(request, port, 5_000);
        if (answer.isRight()) return;
        why = answer.toString();
      } catch (IOException e) {
        why = e.toString();
      }
      Thread.sleep(50);
    }
    program.close();
    throw new IOException(
        program.name() + " does not answer: " + why + "; it said: " + program.lastWords());
  }
}
