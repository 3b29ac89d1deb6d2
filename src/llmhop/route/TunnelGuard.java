package llmhop.route;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import llmhop.caller.Gate;
import llmhop.caller.Identity;
import llmhop.http.wire.Fields;

/// Ends WebSockets whose token has expired or is no longer in the config. A tunnel can last for
/// days, and each message in it can be a request, so a token that would not be let in again must
/// not go on in it. An ordinary answer ends by itself, and is left alone.
///
/// One thread looks at all tunnels once a second while there are tunnels with a token. Without
/// `authTokens` nothing is watched. Shared by all requests.
final class TunnelGuard {
  /// How often tunnels are looked at: a token's end is told to the second.
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Supplier<Gate> gates;
  private final InstantSource clock;
  private final Set<Watched> open = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean looking = new AtomicBoolean();

  /// @param gates the gate of the config that is in use
  /// @param clock the time of day
  TunnelGuard(Supplier<Gate> gates, InstantSource clock) {
    this.gates = gates;
    this.clock = clock;
  }

  /// A tunnel under watch. Its request closes it when the tunnel is over.
  final class Watched implements AutoCloseable {
    private final Fields fields;
    private final Runnable cut;
    private volatile Optional<String> ended = Optional.empty();

    // Guarded by this: the request looks before the tunnel is open, then the guard's thread.
    private Gate judge;
    private Optional<Instant> expires = Optional.empty();

    private Watched(Fields fields, Runnable cut) {
      this.fields = fields;
      this.cut = cut;
    }

    /// Why the guard has ended the tunnel; empty where it has not.
    Optional<String> ended() {
      return ended;
    }

    @Override
    public void close() {
      open.remove(this);
    }

    private synchronized void look(Gate gate, Instant now) {
      if (!gate.equals(judge)) {
        judge = gate;
        switch (gate.identify(fields)) {
          case Identity.Known known -> expires = known.expires();
          case Identity.Unknown unknown -> end(unknown.why());
        }
      }
      if (expires.isPresent() && !now.isBefore(expires.get())) {
        end("The API key has expired.");
      }
    }

    private void end(String why) {
      if (ended.isEmpty()) {
        ended = Optional.of(why);
        cut.run();
      }
    }
  }

  /// Watches a tunnel until its end.
  ///
  /// @param fields the handshake's, with the credential
  /// @param cut ends the tunnel, from any thread, once
  Watched watch(Fields fields, Runnable cut) {
    var tunnel = new Watched(fields, cut);
    Gate gate = gates.get();
    if (gate.takesCredentials()) {
      tunnel.look(gate, clock.instant());
      open.add(tunnel);
      if (!looking.get() && looking.compareAndSet(false, true)) {
        start();
      }
    }
    return tunnel;
  }

  /// Tunnels under watch.
  int watched() {
    return open.size();
  }

  /// Looks at all tunnels once.
  void look() {
    Gate gate = gates.get();
    Instant now = clock.instant();
    for (Watched tunnel : open) {
      try {
        tunnel.look(gate, now);
      } catch (RuntimeException | Error e) {
        // For want of memory: the others must not wait for it, and the next look may be better.
      }
    }
  }

  private void start() {
    try {
      // After a reload each tunnel's token is compared with all tokens: milliseconds of CPU that a
      // carrier thread would not share.
      Thread.ofPlatform().daemon().name("tunnel-guard").start(this::run);
    } catch (RuntimeException | Error e) {
      looking.set(false);
      throw e;
    }
  }

  private void run() {
    do {
      do {
        LockSupport.parkNanos(LOOK_NANOS);
        look();
      } while (!open.isEmpty());
      looking.set(false);
      // A tunnel may have come since, and seen that the guard was looking.
    } while (!open.isEmpty() && looking.compareAndSet(false, true));
  }
}
