package llmhop.config;

import java.nio.charset.StandardCharsets;

/// Where a Unix socket is, as it stands behind `unix://`.
final class SocketPath {
  // What fits into sockaddr_un on Linux, with the zero byte at its end.
  static final int MAX_BYTES = 107;

  private SocketPath() {}

  /// Undoes percent-encoding and refuses what no socket can be at.
  ///
  /// @param encoded the path as it was written
  /// @param example how the whole of it is written
  static String parse(String encoded, String example) {
    String path = Percent.decoded(encoded, "write a % in the path of a Unix socket as %25");
    Checks.that(
        path.startsWith("/") && !path.endsWith("/"),
        "not the absolute path of a Unix socket, write it like " + Words.quoted(example));
    Checks.that(
        path.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES,
        "the path of a Unix socket has at most " + MAX_BYTES + " bytes");
    Checks.that(!Words.hasControl(path), "the path of a Unix socket holds a control");
    return path;
  }
}
