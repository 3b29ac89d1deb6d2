package llmhop;

import java.util.ArrayList;
import java.util.List;
import llmhop.config.Config;
import llmhop.http.front.Server;
import llmhop.http.wire.HeapBudget;
import llmhop.route.BufferBudget;

/// Tells the operator how many connections and how many bytes of bodies a heap allows.
///
/// @param heap the budget that all of it is a part of
/// @param maxHeapBytes the heap's largest size
/// @param config what the operator asks for
record HeapReport(HeapBudget heap, long maxHeapBytes, Config config) {
  private static final long MB = 1024 * 1024;

  /// Returns one line with what the heap allows, and a warning for each key that asks for more.
  List<String> lines() {
    boolean tls = config.tls().isPresent();
    int asked = config.http().maxConnections();
    long connections = Math.min(asked, Server.connectionsOf(heap, tls));
    long bodies = BufferBudget.allowed(config.maxBufferedBytes(), heap);
    List<String> lines = new ArrayList<>();
    lines.add(
        "this heap of %d MB allows %d connections%s and %d MB of request bodies, %d MB together"
            .formatted(
                maxHeapBytes / MB,
                connections,
                tls ? " with TLS" : "",
                bodies / MB,
                heap.bytes() / MB));
    if (connections < asked) {
      lines.add(warning("http.maxConnections", Integer.toString(asked)));
    }
    // Half of the heap is the default of `maxBufferedBytes`, which no operator has asked for.
    boolean set = config.maxBufferedBytes() != maxHeapBytes / 2;
    if (set && bodies < config.maxBufferedBytes()) {
      lines.add(warning("maxBufferedBytes", config.maxBufferedBytes() / MB + " MB"));
    }
    return lines;
  }

  private static String warning(String key, String asked) {
    return "warning: '%s' is %s, more than this heap allows; give Java a larger one, such as"
            .formatted(key, asked)
        + " LLMHOP_JAVA_OPTS=-Xmx1g, or lower '"
        + key
        + "'";
  }
}
