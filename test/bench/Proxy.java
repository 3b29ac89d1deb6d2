package bench;

import java.util.List;

/// A proxy that runs, or the way without one.
///
/// @param name the name in tables
/// @param answersPort where it takes chat completions
/// @param backendPort where it takes streams and large bodies: the same port, unless direct
/// @param pids its processes; none without a proxy
/// @param program what was started
record Proxy(String name, int answersPort, int backendPort, List<Long> pids, Program program)
    implements AutoCloseable {

  static final String LLMHOP = "llmhop";

  /// An llmhop of before a change, measured beside the one of now.
  static final String BEFORE = "before";

  static final String NGINX = "nginx";
  static final String DIRECT = "direct";

  boolean isDirect() {
    return pids.isEmpty();
  }

  boolean isLlmhop() {
    return name.equals(LLMHOP);
  }

  @Override
  public void close() {
    if (!isDirect()) program.close();
  }
}
