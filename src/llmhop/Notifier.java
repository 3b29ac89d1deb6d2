package llmhop;

import java.io.PrintStream;
import java.util.Map;

/// Tells the service manager how the service is (sd_notify(3)). Nothing that goes wrong there
/// reaches the caller.
sealed interface Notifier permits Notifier.Off, NotifySocket {
  /// Nobody wants to know.
  Notifier OFF = new Off();

  /// The one that the environment asks for.
  ///
  /// @param environment names the socket in `NOTIFY_SOCKET`, when systemd waits for a word
  /// @param err is told, once, when it can't be reached
  static Notifier of(Map<String, String> environment, PrintStream err) {
    String address = environment.getOrDefault("NOTIFY_SOCKET", "");
    return address.isEmpty() || !Systemd.possible() ? OFF : new NotifySocket(address, err);
  }

  /// The service answers callers: it has started, or has the new config.
  ///
  /// @param status one line for whoever asks `systemctl status`
  void ready(String status);

  /// A new config is being read; [#ready] follows, also when the old one is kept.
  void reloading();

  /// The service leaves.
  ///
  /// @param status as above
  void stopping(String status);

  /// Only the line has changed.
  ///
  /// @param status as above
  void status(String status);

  /// Says nothing.
  record Off() implements Notifier {
    @Override
    public void ready(String status) {}

    @Override
    public void reloading() {}

    @Override
    public void stopping(String status) {}

    @Override
    public void status(String status) {}
  }
}
