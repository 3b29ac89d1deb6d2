package llmhop.route;

import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import llmhop.backend.Lease;
import llmhop.http.front.RawExchange;
import llmhop.http.upstream.Duplex;
import llmhop.http.upstream.UpstreamException;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Splice;
import llmhop.route.Route.Found;

/// Makes caller and backend one, once the backend has agreed to speak WebSocket (RFC 6455): bytes
/// pass both ways, unread, until either side leaves.
final class Tunnel {
  /// How long the side that stays may take to say goodbye.
  private static final Duration DRAIN = Duration.ofSeconds(2);

  private Tunnel() {}

  /// @param guard ends it when the caller's token ends
  /// @throws Refusal when the backend broke off or was over its limit, or the token has ended
  /// @throws IOException when the caller broke off
  static void run(
      Exchange x, Found found, Lease lease, Fields answer, Duplex backend, TunnelGuard guard)
      throws IOException {
    Journal journal = x.journal();
    RawExchange.Upgraded caller = x.upgrade(answer);
    Runnable cut =
        () -> {
          caller.transport().close();
          backend.transport().close();
        };
    try (TunnelGuard.Watched watched = guard.watch(x.fields(), cut)) {
      Splice.Result result =
          Splice.run(
              caller.transport(),
              backend.transport(),
              backend.early(),
              DRAIN,
              caller.stall(),
              lease.backend().upstream().memory().buffers(),
              System::nanoTime);
      journal.in(result.bytesFromA());
      journal.out(result.bytesFromB());
      if (watched.ended().isPresent()) {
        String why = watched.ended().get();
        throw Refusal.invalidApiKey(why).because("WebSocket ended: " + why);
      }
      judge(found, lease, backend, result);
    }
  }

  private static void judge(Found found, Lease lease, Duplex backend, Splice.Result result)
      throws IOException {
    try {
      backend.check();
    } catch (UpstreamException e) {
      Forwarder.judge(lease, e);
      throw Forwarder.refusal(found, e);
    }
    if (result.error().isPresent()) {
      String what = result.error().get().toString();
      switch (result.first()) {
        case A -> throw new EOFException(what);
        case B -> {
          lease.broke(what);
          throw Refusal.backendBadReply(found.route().name(), what);
        }
      }
    }
  }
}
