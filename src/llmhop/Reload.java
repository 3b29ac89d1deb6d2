package llmhop;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llmhop.config.Config;
import llmhop.config.ConfigException;
import llmhop.config.ConfigFile;
import llmhop.config.ConfigReader;
import llmhop.config.ConfigWatcher;
import llmhop.config.Endpoint;
import llmhop.config.FilesRead;
import llmhop.config.Model;
import llmhop.config.ProcessSecrets;
import llmhop.config.Scheme;
import llmhop.config.Secrets;

/// Takes a new config into use while the router runs: when a signal asks for it, and when one of
/// its files has changed. One at a time; all who ask during a reload get one more after it. A
/// config that can't be used leaves the old one in use, and is told on stderr. Shared.
///
/// ```
///   starting --serve--> idle --ask--> reading --> idle
///                                     reading --asked meanwhile--> reading
///   any --stop--> stopped
/// ```
final class Reload {
  private final Path file;
  private final PrintStream err;
  private final ProcessSecrets secrets = new ProcessSecrets();

  private Signals.Fate hangUp = Signals.Fate.CAUGHT;

  // All of these are guarded by this.
  private Optional<Running> running = Optional.empty();
  private boolean asked;
  private boolean always;
  private boolean busy;
  private boolean stopped;

  private volatile FilesRead files = new FilesRead();

  /// What the last attempt was told to fail for; used by one thread at a time.
  private List<String> told = List.of();

  /// What there is once the router serves.
  private record Running(
      Assembly router, Notifier systemd, boolean listensElsewhere, ConfigWatcher watcher) {}

  /// @param file the config file
  /// @param err where operators are told
  Reload(Path file, PrintStream err) {
    this.file = file;
    this.err = err;
  }

  /// Reloads at each SIGHUP from now on. Called before all else of a start: without it the JVM ends
  /// at this signal.
  void listen() {
    hangUp = Signals.on("HUP", _ -> ask(true));
  }

  /// Tells how to reload where SIGHUP does not.
  private void tellOtherWay(Duration watch) {
    if (hangUp == Signals.Fate.CAUGHT) {
      return;
    }
    String signal =
        hangUp == Signals.Fate.IGNORED
            ? "SIGHUP is ignored, as under nohup"
            : "SIGHUP ends the router, since Java can't catch it (-Xrs)";
    if (watch.isPositive()) {
      String every = "is looked at every " + watch.toSeconds() + " s ('watch')";
      err.println("llmhop: " + signal + "; to reload, change the config file, which " + every);
    } else {
      err.println(
          "llmhop: warning: "
              + signal
              + ", and 'watch' is off: a change of the config needs a restart; set 'watch' to"
              + " \"2s\"");
    }
  }

  /// Reads the config to start with.
  Config first() throws ConfigException {
    files.note(file);
    Config config = read(ConfigFile.read(file), files, secrets.first(files::note));
    warn(config);
    return config;
  }

  private void warn(Config config) {
    for (String warning : config.warnings()) err.println("llmhop: warning: " + warning);
  }

  private Config readAgain(FilesRead noted) throws ConfigException {
    noted.note(file);
    return read(ConfigFile.readAgain(file), noted, secrets.again(noted::note));
  }

  private static Config read(byte[] json, FilesRead noted, Secrets secrets) throws ConfigException {
    Config config = ConfigReader.read(json, secrets);
    for (Model model : config.models()) {
      for (Endpoint endpoint : model.endpoints()) {
        if (endpoint.scheme() == Scheme.HTTPS) model.tls().files().forEach(noted::note);
      }
    }
    return config;
  }

  /// The router serves: from now on its config can change. What was asked for before is done now.
  ///
  /// @param listensElsewhere whether the config doesn't say where to listen, but the command line
  ///   or whoever handed a socket over
  void serve(Assembly router, Notifier systemd, boolean listensElsewhere) {
    var watcher = new ConfigWatcher(() -> files, router::stale, () -> ask(false));
    var now = new Running(router, systemd, listensElsewhere, watcher);
    synchronized (this) {
      running = Optional.of(now);
    }
    tellOtherWay(router.config().watch());
    watch(now, router.config().watch());
    begin();
  }

  /// Asks for a reload.
  ///
  /// @param anyway whether to read all anew even if no file has changed, and to say so
  void ask(boolean anyway) {
    synchronized (this) {
      asked = true;
      always |= anyway;
    }
    begin();
  }

  private synchronized void begin() {
    if (asked && !busy && !stopped && running.isPresent()) {
      Running now = running.get();
      // Reading and checking thousands of models takes CPU that a carrier thread would not share.
      Thread.ofPlatform().daemon().name("reload").start(() -> work(now));
      busy = true;
    }
  }

  /// From now on the config stays as it is.
  synchronized void stop() {
    stopped = true;
    running.ifPresent(each -> each.watcher.close());
  }

  private void work(Running now) {
    while (true) {
      boolean anyway;
      synchronized (this) {
        if (!asked || stopped) {
          busy = false;
          return;
        }
        anyway = always;
        asked = false;
        always = false;
      }
      try {
        new Attempt(now, anyway).run();
      } catch (RuntimeException | Error e) {
        // Whatever it is, it must not be the last reload.
        err.println("llmhop: a reload came to nothing: " + e.getClass().getName());
      }
    }
  }

  /// One try to put the files as they are now into use.
  private final class Attempt {
    private final Running now;
    private final boolean anyway;
    private final FilesRead noted = new FilesRead();
    private boolean announced;

    Attempt(Running now, boolean anyway) {
      this.now = now;
      this.anyway = anyway;
    }

    void run() {
      if (anyway) {
        announce();
      }
      try {
        Config config = readAgain(noted);
        if (anyway || !isInUse(config)) {
          announce();
          Duration watched = now.router.config().watch();
          Changes changes = now.router.reload(config);
          told = List.of();
          tell(now, config, changes);
          if (!config.watch().equals(watched)) tellOtherWay(config.watch());
          watch(now, config.watch());
          ready(now, "");
        }
        files = noted;
      } catch (ConfigException e) {
        failed(e.problems());
      } catch (IOException e) {
        failed(problems(e));
      } catch (RuntimeException | Error e) {
        // What others write into a message could be a piece of a secret.
        StackTraceElement[] trace = e.getStackTrace();
        String where = trace.length > 0 ? " at " + trace[0] : "";
        failed(List.of("internal error: " + e.getClass().getName() + where));
      }
    }

    private void announce() {
      if (!announced) {
        announced = true;
        now.systemd.reloading();
      }
    }

    /// Whether a file was just touched, or written as it was.
    private boolean isInUse(Config config) {
      try {
        return !now.router.stale() && now.router.isOf(config);
      } catch (IOException e) {
        return false;
      }
    }

    /// The old config stays; the files of both are watched from now on.
    private void failed(List<String> problems) {
      noted.noteAll(files);
      files = noted;
      now.router.stale(true);
      if (anyway || !problems.equals(told)) {
        announce();
        told = List.copyOf(problems);
        err.println("llmhop: the config stays as it was, the new one can't be used:");
        for (String problem : problems) err.println("llmhop: " + problem);
      }
      if (announced) {
        ready(now, "; the new config can't be used, see the log");
      }
    }
  }

  private static List<String> problems(IOException e) {
    List<String> problems = new ArrayList<>(List.of(e.getMessage()));
    for (Throwable each : e.getSuppressed()) problems.add(each.getMessage());
    return problems;
  }

  private void tell(Running now, Config config, Changes changes) {
    warn(config);
    Main.warnIfOpen(now.router, err);
    err.println("llmhop: the config was read anew: " + changes.summary());
    List<String> restart = new ArrayList<>(changes.restart());
    if (now.listensElsewhere) {
      restart.remove("listen");
    }
    if (!restart.isEmpty()) {
      err.println("llmhop: restart to change " + String.join(", ", restart));
    }
  }

  private synchronized void watch(Running now, Duration every) {
    if (!stopped) {
      now.watcher.every(every);
    }
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  private void ready(Running now, String more) {
    if (!isStopped()) {
      now.systemd.ready("listens on " + String.join(", ", now.router.addresses()) + more);
    }
  }
}
