package llmhop;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Socket activation: the listening socket that systemd opened and handed over (sd_listen_fds(3)).
final class Systemd {
  /// `SD_LISTEN_FDS_START`: descriptors 0, 1 and 2 are the standard streams.
  private static final int FIRST_HANDED_OVER = 3;

  private static final int STANDARD_INPUT = 0;

  private Systemd() {}

  /// Whether this is a system on which systemd may have started us.
  static boolean possible() {
    return System.getProperty("os.name").equals("Linux");
  }

  /// The listening socket that was handed to this process, TCP or Unix.
  ///
  /// Standard input is gone afterwards. It works once in the life of a JVM.
  ///
  /// @param environment has `LISTEN_PID` and `LISTEN_FDS` when a socket was handed over
  /// @param pid of this process: the variables of another are not for us
  /// @throws IOException when it is none that we can listen on, saying what the unit should have
  static Optional<ServerSocketChannel> inherited(Map<String, String> environment, LongSupplier pid)
      throws IOException {
    String count = environment.getOrDefault("LISTEN_FDS", "0");
    String forWhom = environment.getOrDefault("LISTEN_PID", "");
    if (!possible() || forWhom.isEmpty() || count.equals("0")) {
      return Optional.empty();
    }
    if (!forWhom.equals(Long.toString(pid.getAsLong()))) {
      return Optional.empty();
    }
    if (!count.equals("1")) {
      throw new IOException(
          "systemd hands over LISTEN_FDS=%s sockets, one is supported; keep one ListenStream="
              .formatted(count));
    }
    try {
      return Optional.of(InheritedListener.of(channel()));
    } catch (RuntimeException | LinkageError e) {
      throw new IOException(
          "can't take systemd's socket; Java needs --enable-native-access=ALL-UNNAMED for it", e);
    }
  }

  /// No public API wraps a file descriptor, but there is one for a socket that is standard input.
  private static ServerSocketChannel channel() throws IOException {
    Native.dup2(FIRST_HANDED_OVER, STANDARD_INPUT);
    Native.close(FIRST_HANDED_OVER);
    Channel channel = System.inheritedChannel();
    if (channel instanceof ServerSocketChannel listener) {
      return listener;
    }
    throw new IOException(
        "systemd hands over what can't be listened on; the socket unit needs ListenStream= and"
            + " Accept=no");
  }
}
