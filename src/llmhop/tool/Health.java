package llmhop.tool;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llmhop.config.Config;
import llmhop.config.ConfigException;
import llmhop.config.ConfigFile;
import llmhop.config.ConfigReader;
import llmhop.config.Listen;
import llmhop.config.ListenTls;
import llmhop.config.Secrets;
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

/// `llmhop health`: asks the router that runs with a config how it is, where the config says that
/// it listens. For the health checks of containers, which know exit codes only: 0 well, 1 not.
///
/// Over TLS it speaks to nobody but the one with the certificate that the config names. Where that
/// one asks for a certificate of ours (`clientCa`), which we have none of, its own is the answer.
public final class Health {
  static final String USAGE =
      """
      Usage: java -jar llmhop.jar health [--config FILE] [--listen ADDRESS] [--ready]

      Asks the router that runs with this config for /health, where the config says that it
      listens: on a Unix socket if there is one, else on the first port.

        --config FILE     the config, JSON (default: config.json)
        --listen ADDRESS  ask there instead, as in the router's own --listen
        --ready           ask for /ready, which says no while the router leaves
        --help            this text

      Exit codes: 0 it answers 200, or (but for --ready) has all the connections that it may
      have; 1 it doesn't, or wrong usage or config.
      """;

  /// Docker gives a check 30 s by itself; a router that needs more than this is not well.
  private static final Duration TIMEOUT = Duration.ofSeconds(4);

  private static final int WELL = 0;
  private static final int NOT_WELL = 1;
  private static final String CONFIG = "--config";
  private static final String LISTEN = "--listen";
  private static final String READY = "--ready";
  private static final int LONGEST_BODY = 4 * 1024;

  /// It is not well, or can't be asked; the message says why.
  private static class Unwell extends Exception {
    Unwell(String message) {
      super(message);
    }
  }

  /// It broke off before it answered.
  private static final class BrokeOff extends Unwell {
    BrokeOff(String message) {
      super(message);
    }
  }

  private Health() {}

  /// Asks once.
  ///
  /// @param arguments the command line behind `health`
  /// @param out gets what the router says when it is well
  /// @param err gets a sentence when it is not
  /// @return the exit code
  public static int run(List<String> arguments, PrintStream out, PrintStream err) {
    return run(arguments, TIMEOUT, out, err);
  }

  /// The same with another limit on how long the router may take.
  static int run(List<String> arguments, Duration timeout, PrintStream out, PrintStream err) {
    if (arguments.contains("--help") || arguments.contains("-h")) {
      out.print(USAGE);
      out.flush();
      return WELL;
    }
    try {
      out.println(ask(arguments, timeout));
      return WELL;
    } catch (UsageException e) {
      err.println("llmhop health: " + e.getMessage() + " Try --help.");
    } catch (ConfigException e) {
      for (String problem : e.problems()) err.println("llmhop health: " + problem);
    } catch (Unwell | IOException e) {
      err.println("llmhop health: " + e.getMessage());
    }
    return NOT_WELL;
  }

  private static String ask(List<String> words, Duration timeout)
      throws UsageException, ConfigException, IOException, Unwell {
    List<String> pairs = new ArrayList<>(words);
    String path = pairs.removeIf(READY::equals) ? "/ready" : "/health";
    Arguments arguments = Arguments.parse(pairs, Set.of(CONFIG, LISTEN, READY));
    if (!arguments.all(READY).isEmpty()) throw new UsageException(READY + " takes no value.");
    Path file = Path.of(arguments.one(CONFIG).orElse("config.json"));
    // What the file refers to need not be there: a check may run without the router's secrets.
    Config config = ConfigReader.read(ConfigFile.readAgain(file), Secrets.unresolved());
    Listen listen = where(arguments.one(LISTEN), config.listen());
    Optional<ListenTls> tls = listen instanceof Listen.Tcp ? config.tls() : Optional.empty();
    return tls.isPresent()
        ? askOverTls(listen, tls.get(), path, timeout)
        : ask(listen, Optional.empty(), path, timeout);
  }

  private static Listen where(Optional<String> given, List<Listen> configured)
      throws UsageException {
    if (given.isPresent()) {
      try {
        return Listen.parse(given.get());
      } catch (IllegalArgumentException e) {
        throw new UsageException(LISTEN + ": " + e.getMessage() + ".");
      }
    }
    for (Listen listen : configured) {
      if (listen instanceof Listen.Unix) return listen;
    }
    return configured.getFirst();
  }

  private static String askOverTls(Listen listen, ListenTls tls, String path, Duration timeout)
      throws IOException, Unwell {
    var its = new OneCertificate(tls.cert());
    try {
      return ask(listen, Optional.of(its), path, timeout);
    } catch (BrokeOff e) {
      if (tls.clientCa().isEmpty() || !its.askedForOurs()) {
        throw e;
      }
      if (path.equals("/ready")) {
        throw new Unwell(
            listen + " asks for a certificate before it answers; listen on a Unix socket, too");
      }
      return listen + " has the certificate it should have, and asks for one of ours";
    }
  }

  private static String ask(
      Listen listen, Optional<OneCertificate> its, String path, Duration timeout) throws Unwell {
    Origin origin = origin(listen, its.isPresent());
    var settings =
        new Settings(
            timeout,
            Duration.ZERO,
            its.map(OneCertificate::context),
            Optional.empty(),
            Optional.empty(),
            Resolver.SYSTEM);
    var fields = new Fields();
    fields.add("Host", "localhost");
    fields.add("User-Agent", "llmhop health");
    var timing = new Timing(Optional.empty(), Optional.empty(), Optional.of(timeout));
    try (var router = new Upstream(origin, settings, System::nanoTime);
        Reply reply = router.send(new Whole(new Head("GET", path, fields)), timing)) {
      String body = body(reply);
      if (reply.status() != 200 && !(path.equals("/health") && isFull(reply))) {
        throw new Unwell(listen + " says " + reply.status() + ": " + body);
      }
      return body;
    } catch (UpstreamException.TimedOut e) {
      throw new Unwell(listen + ": " + e.getMessage());
    } catch (UpstreamException e) {
      throw new BrokeOff(listen + ": " + e.getMessage());
    }
  }

  /// Whether it has all the connections that it may have, and tells it. That is no illness that a
  /// restart would heal.
  private static boolean isFull(Reply reply) {
    return reply.fields().first("X-LLMhop-Error").orElse("").equals("too_many_connections");
  }

  /// Where to connect to for what is listened on: every interface means this machine's own.
  private static Origin origin(Listen listen, boolean secure) throws Unwell {
    return switch (listen) {
      case Listen.Unix unix -> new Origin(Origin.Kind.UNIX, "", 0, unix.path());
      case Listen.Tcp tcp -> {
        if (tcp.port() == 0) {
          throw new Unwell("the config lets the system choose the port; say it with " + LISTEN);
        }
        String host =
            switch (tcp.host()) {
              case "", "0.0.0.0" -> "127.0.0.1";
              case "::" -> "::1";
              default -> tcp.host();
            };
        yield new Origin(secure ? Origin.Kind.HTTPS : Origin.Kind.HTTP, host, tcp.port(), "");
      }
    };
  }

  /// The answer's body in one line, for people and for Docker's log.
  private static String body(Reply reply) throws UpstreamException {
    byte[] bytes = new byte[LONGEST_BODY];
    int size = 0;
    for (int read = 0; read >= 0 && size < bytes.length; size += Math.max(read, 0)) {
      read = reply.read(bytes, size, bytes.length - size);
    }
    return Text.line(new String(bytes, 0, size, StandardCharsets.UTF_8).strip(), LONGEST_BODY);
  }
}
