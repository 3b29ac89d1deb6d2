package llmhop;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.ServerSocketChannel;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llmhop.config.Config;
import llmhop.config.ConfigException;
import llmhop.config.ConfigFile;
import llmhop.config.ConfigReader;
import llmhop.config.EnvironmentProxy;
import llmhop.config.Listen;
import llmhop.config.Secrets;
import llmhop.observe.StackTraces;
import llmhop.tool.Aot;
import llmhop.tool.Health;
import llmhop.tool.Simulate;

/// The program: reads the command line and does what it says.
public final class Main {
  /// All is well.
  static final int FINE = 0;

  /// The command line or the config is wrong.
  static final int WRONG = 1;

  /// It can't start: the address is in use, a certificate can't be read.
  static final int CANNOT_START = 2;

  private static final String NAMES_LIVE = "sun.net.inetaddr.ttl";
  private static final String NAMES_ARE_MISSING = "sun.net.inetaddr.negative.ttl";

  private Main() {}

  /// Runs, and ends the process with one of the exit codes.
  public static void main(String[] arguments) {
    rememberNames();
    Outputs outputs = Outputs.ofProcess();
    int code;
    try {
      code = run(Arrays.asList(arguments), outputs);
    } catch (RuntimeException | Error e) {
      outputs.err().println(StackTraces.text("llmhop: internal error:", e));
      code = WRONG;
    }
    outputs.flush().run();
    System.exit(code);
  }

  /// Names of backends may move, and those that stand for several are asked for every 5 seconds:
  /// the JDK asks again after 2 seconds, not after 30, and after 1, not 10, where there was none,
  /// unless somebody said otherwise. Its names for the `networkaddress.cache.ttl` and
  /// `networkaddress.cache.negative.ttl` of java.security, which is read only when a name is asked
  /// for.
  private static void rememberNames() {
    remember(NAMES_LIVE, "2");
    remember(NAMES_ARE_MISSING, "1");
  }

  private static void remember(String property, String seconds) {
    if (System.getProperty(property) == null) System.setProperty(property, seconds);
  }

  /// Does what the arguments say.
  ///
  /// @return the exit code
  static int run(List<String> arguments, Outputs outputs) {
    PrintStream out = outputs.out();
    PrintStream err = outputs.err();
    String first = arguments.isEmpty() ? "" : arguments.getFirst();
    if (first.equals("simulate")) {
      return Simulate.run(rest(arguments), out, err, outputs.serving(), outputs.flush());
    }
    if (first.equals("health")) return Health.run(rest(arguments), out, err);
    if (first.equals("aot")) return Aot.run(rest(arguments), out, err);
    try {
      CommandLine line = CommandLine.parse(arguments);
      return switch (line.action()) {
        case HELP -> say(out, CommandLine.USAGE.stripTrailing());
        case VERSION -> say(out, "llmhop " + version());
        case CHECK -> check(line, out, err);
        case SERVE -> serve(line, outputs);
      };
    } catch (CommandLine.UsageException e) {
      err.println("llmhop: " + e.getMessage());
      err.print(CommandLine.USAGE);
      return WRONG;
    } catch (ConfigException e) {
      e.problems().forEach(problem -> err.println("llmhop: " + problem));
      return WRONG;
    }
  }

  private static List<String> rest(List<String> arguments) {
    return arguments.subList(1, arguments.size());
  }

  private static int say(PrintStream out, String text) {
    out.println(text);
    return FINE;
  }

  private static String version() {
    return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
        .orElse("(not built as a jar)");
  }

  private static int check(CommandLine line, PrintStream out, PrintStream err)
      throws ConfigException {
    Config config = read(line, Secrets.unresolved(), err);
    return say(out, "%s is fine: %s".formatted(line.config(), models(config)));
  }

  private static Config read(CommandLine line, Secrets secrets, PrintStream err)
      throws ConfigException {
    Config config = ConfigReader.read(ConfigFile.read(line.config()), secrets);
    config.warnings().forEach(warning -> err.println("llmhop: warning: " + warning));
    return config;
  }

  /// Where to listen: the command line wins over the config.
  private static List<Listen> listen(CommandLine line, Config config)
      throws CommandLine.UsageException {
    if (line.listen().isEmpty()) {
      return config.listen();
    }
    try {
      return List.of(Listen.parse(line.listen().get()));
    } catch (IllegalArgumentException e) {
      throw new CommandLine.UsageException("--listen: " + e.getMessage());
    }
  }

  private static int serve(CommandLine line, Outputs outputs)
      throws ConfigException, CommandLine.UsageException {
    PrintStream err = outputs.err();
    var reload = new Reload(line.config(), err);
    reload.listen();
    Config config = reload.first();
    List<Listen> listen = listen(line, config);
    EnvironmentProxy proxy = EnvironmentProxy.of(System.getenv());
    Assembly router;
    boolean listensElsewhere = line.listen().isPresent();
    try {
      // A socket from systemd stands for all that the config says of where to listen.
      Optional<ServerSocketChannel> inherited =
          Systemd.inherited(System.getenv(), () -> ProcessHandle.current().pid());
      listensElsewhere |= inherited.isPresent();
      Assembly.Listening listening =
          inherited.isPresent() ? door -> door.take(inherited.get()) : door -> door.listen(listen);
      router =
          Assembly.start(
              config, listening, proxy, outputs, System::nanoTime, InstantSource.system());
    } catch (IOException e) {
      err.println("llmhop: can't start: " + e.getMessage());
      return CANNOT_START;
    }
    outputs.serving().run();
    // Before anyone is told that it runs, and may want to stop it.
    Notifier systemd = Notifier.of(System.getenv(), err);
    Shutdown shutdown = Shutdown.listen(router, reload, systemd, err);
    announce(config, router, err);
    systemd.ready("listens on " + String.join(", ", router.addresses()));
    reload.serve(router, systemd, listensElsewhere);
    return shutdown.await();
  }

  private static void announce(Config config, Assembly router, PrintStream err) {
    boolean open = config.authTokens().isEmpty();
    String addresses = String.join(", ", router.addresses());
    String need = open ? "callers need no token" : "callers need a token";
    err.println(
        "llmhop " + version() + " listens on " + addresses + ", " + models(config) + ", " + need);
    router.heapReport().lines().forEach(line -> err.println("llmhop: " + line));
    warnIfOpen(router, err);
  }

  /// Says so where tokens are missing that others are kept out by.
  static void warnIfOpen(Assembly router, PrintStream err) {
    if (router.isOpenToOthers()) {
      err.println(
          "llmhop: warning: anyone who reaches this port can use the models; set 'authTokens', or"
              + " listen on 127.0.0.1");
    }
  }

  private static String models(Config config) {
    int count = config.models().size();
    return count == 1 ? "1 model" : count + " models";
  }
}
