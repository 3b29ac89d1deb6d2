package llmhop.tool;

import java.io.IOException;
import java.io.PrintStream;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// `llmhop simulate`: runs a simulated inference server until the process is asked to stop.
public final class Simulate {
  private static final int FINE = 0;
  private static final int WRONG_USAGE = 1;
  private static final int CANNOT_START = 2;

  private Simulate() {}

  /// The same for streams that are written to at once.
  ///
  /// @return the exit code
  public static int run(List<String> arguments, PrintStream out, PrintStream err) {
    return run(arguments, out, err, () -> {}, () -> {});
  }

  /// Reads the options, listens, and blocks until the JVM is shut down, which lets the requests end
  /// that run, or this thread is interrupted, which doesn't.
  ///
  /// @param arguments the command line behind `simulate`
  /// @param out gets a line at the start and one for every request
  /// @param err gets a sentence when something is wrong
  /// @param serving is called when it listens
  /// @param flush waits for what was printed; called when the JVM is shut down, after the last line
  /// @return the exit code: 0 fine, 1 wrong usage, 2 can't start
  public static int run(
      List<String> arguments, PrintStream out, PrintStream err, Runnable serving, Runnable flush) {
    if (arguments.contains("--help") || arguments.contains("-h")) {
      out.print(SimOptions.USAGE);
      out.flush();
      return FINE;
    }
    SimSettings settings;
    try {
      settings = SimOptions.parse(arguments, System.nanoTime());
    } catch (UsageException e) {
      err.println("llmhop simulate: " + e.getMessage() + " Try --help.");
      return WRONG_USAGE;
    }
    try (SimulatedServer server = start(settings, Time.SYSTEM, HangUps.OF_THE_FRONT, out)) {
      serving.run();
      say(server.address(), settings, out);
      awaitEnd(server, flush);
      return FINE;
    } catch (IOException e) {
      err.println(
          "llmhop simulate: can't listen on %s port %d: %s"
              .formatted(settings.host(), settings.port(), e.getMessage()));
      return CANNOT_START;
    }
  }

  /// Starts a server without waiting for its end.
  static SimulatedServer start(SimSettings settings, Time time, HangUps hangUps, PrintStream out)
      throws IOException {
    // Read once by the JDK's server, when its first instance is made. Without it each event of a
    // stream waits for the acknowledgement of the one before.
    if (System.getProperty("sun.net.httpserver.nodelay") == null) {
      System.setProperty("sun.net.httpserver.nodelay", "true");
    }
    return SimulatedServer.start(settings, time, hangUps, out);
  }

  private static void say(InetSocketAddress address, SimSettings settings, PrintStream out) {
    boolean v6 = address.getAddress() instanceof Inet6Address;
    String host = address.getAddress().getHostAddress();
    String url = "http://" + (v6 ? "[" + host + "]" : host) + ":" + address.getPort();
    String luck = settings.uncertain() ? " (seed " + settings.seed() + ")" : "";
    out.print(
        "llmhop simulate: SIMULATED answers, no model runs: %s serves %s%s\n"
            .formatted(url, String.join(", ", settings.models()), luck));
    out.flush();
  }

  private static void awaitEnd(SimulatedServer server, Runnable flush) {
    Runnable end =
        () -> {
          server.stop();
          flush.run();
        };
    Thread hook = new Thread(end, "end of the simulator");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Runtime.getRuntime().removeShutdownHook(hook);
      Thread.currentThread().interrupt();
    }
  }
}
