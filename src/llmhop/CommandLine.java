package llmhop;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/// What was asked for on the command line.
///
/// @param action what to do
/// @param config the config file
/// @param listen where to listen, instead of where the config says
record CommandLine(Action action, Path config, Optional<String> listen) {
  /// What to do.
  enum Action {
    /// Serve requests.
    SERVE,
    /// Check the config and leave.
    CHECK,
    /// Say the version.
    VERSION,
    /// Say how to use this.
    HELP
  }

  static final String USAGE =
      """
      Usage: java -jar llmhop.jar [--config FILE] [--listen ADDRESS] [--check]
             java -jar llmhop.jar health [--help]
             java -jar llmhop.jar aot FILE
             java -jar llmhop.jar simulate [--help]

        --config FILE     the config, JSON (default: config.json)
        --listen ADDRESS  where to listen, instead of where the config says:
                          :8080, 127.0.0.1:8080, [::1]:8080,
                          unix:///run/llmhop/http.sock
        --check           check the config and leave, without resolving secrets
        --version         say the version
        --help            say this
        health            ask the router that runs with a config how it is
        aot FILE          make an AOT cache, for quicker starts
        simulate          a simulated inference server, for trying things out

      Exit codes: 0 fine, 1 wrong usage or config, 2 can't start.
      """;

  /// Wrong words on the command line; the message says which.
  static final class UsageException extends Exception {
    UsageException(String message) {
      super(message);
    }
  }

  /// Reads the arguments: `--flag value` or `--flag=value`, each at most once.
  static CommandLine parse(List<String> arguments) throws UsageException {
    Action action = Action.SERVE;
    Optional<String> config = Optional.empty();
    Optional<String> listen = Optional.empty();
    Iterator<String> rest = arguments.iterator();
    while (rest.hasNext()) {
      String argument = rest.next();
      int equals = argument.startsWith("--") ? argument.indexOf('=') : -1;
      String flag = equals < 0 ? argument : argument.substring(0, equals);
      Optional<String> attached =
          equals < 0 ? Optional.empty() : Optional.of(argument.substring(equals + 1));
      switch (flag) {
        case "--config" -> config = Optional.of(value(flag, attached, rest, config));
        case "--listen" -> listen = Optional.of(value(flag, attached, rest, listen));
        case "--check" -> action = only(flag, attached, action, Action.CHECK);
        case "--version" -> action = only(flag, attached, action, Action.VERSION);
        case "--help", "-h" -> action = only(flag, attached, action, Action.HELP);
        default -> throw new UsageException("unknown argument '" + flag + "'");
      }
    }
    return new CommandLine(action, Path.of(config.orElse("config.json")), listen);
  }

  private static String value(
      String flag, Optional<String> attached, Iterator<String> rest, Optional<String> before)
      throws UsageException {
    if (before.isPresent()) {
      throw new UsageException(flag + " is given twice");
    }
    String value = attached.orElseGet(() -> rest.hasNext() ? rest.next() : "");
    if (value.isEmpty() || (attached.isEmpty() && value.startsWith("--"))) {
      throw new UsageException(flag + " needs a value");
    }
    return value;
  }

  private static Action only(String flag, Optional<String> attached, Action before, Action action)
      throws UsageException {
    if (before != Action.SERVE && before != action) {
      throw new UsageException(flag + " goes with no other thing to do");
    }
    if (attached.isPresent()) {
      throw new UsageException(flag + " takes no value");
    }
    return action;
  }
}
