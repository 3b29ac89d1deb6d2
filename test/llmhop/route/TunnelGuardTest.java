package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import llmhop.caller.Caller;
import llmhop.caller.Gate;
import llmhop.caller.Identity;
import llmhop.http.wire.Fields;
import org.junit.jupiter.api.Test;

/// The looks of the guard's own thread are the same as those here: both are harmless at any time.
class TunnelGuardTest {
  private static final Instant EXPIRES = Instant.parse("2030-06-01T13:00:00Z");

  private final AtomicReference<Gate> gate = new AtomicReference<>();
  private final AtomicReference<Instant> time = new AtomicReference<>(EXPIRES.minusSeconds(60));
  private final AtomicInteger cuts = new AtomicInteger();
  private final TunnelGuard guard = new TunnelGuard(gate::get, time::get);

  /// A gate that says the same of every credential.
  private record Fixed(Identity identity, AtomicInteger asked) implements Gate {
    @Override
    public Identity identify(Fields fields) {
      asked.incrementAndGet();
      return identity;
    }

    @Override
    public boolean takesCredentials() {
      return true;
    }
  }

  private static Fixed known(Optional<Instant> expires) {
    return new Fixed(new Identity.Known(Caller.ANYONE, expires), new AtomicInteger());
  }

  private static Fixed unknown() {
    return new Fixed(new Identity.Unknown("not known"), new AtomicInteger());
  }

  private TunnelGuard.Watched watch() {
    return guard.watch(new Fields(), cuts::incrementAndGet);
  }

  @Test
  void tunnelEndsOnceAtTheMomentAtWhichItsTokenExpires() {
    gate.set(known(Optional.of(EXPIRES)));
    try (var tunnel = watch()) {
      time.set(EXPIRES.minusNanos(1));
      guard.look();
      assertEquals(Optional.empty(), tunnel.ended());
      time.set(EXPIRES);
      guard.look();
      guard.look();
      assertTrue(tunnel.ended().orElseThrow().contains("expired"));
      assertEquals(1, cuts.get());
    }
    assertEquals(0, guard.watched());
  }

  @Test
  void tunnelIsJudgedAnewByEachConfigAndOnlyOnceByEach() {
    Fixed first = known(Optional.of(EXPIRES));
    gate.set(first);
    try (var tunnel = watch()) {
      guard.look();
      guard.look();
      assertEquals(1, first.asked.get(), "no digest is made at each look");
      Fixed longer = known(Optional.empty());
      gate.set(longer);
      time.set(EXPIRES);
      guard.look();
      assertEquals(Optional.empty(), tunnel.ended(), "the new config's date counts");
      gate.set(unknown());
      guard.look();
      assertEquals(Optional.of("not known"), tunnel.ended());
    }
  }

  /// Between the check of its token and its first byte a reload may have come.
  @Test
  void tunnelWhoseTokenIsGoneAlreadyEndsAtOnce() {
    gate.set(unknown());
    try (var tunnel = watch()) {
      assertEquals(Optional.of("not known"), tunnel.ended());
      assertEquals(1, cuts.get());
    }
  }

  @Test
  void tunnelWithoutATokenIsNotWatched() {
    gate.set(Gate.OPEN);
    try (var tunnel = watch()) {
      assertEquals(0, guard.watched());
      assertEquals(Optional.empty(), tunnel.ended());
    }
  }

  @Test
  void tunnelThatCannotBeCutDoesNotKeepOthersFromTheirEnd() {
    gate.set(known(Optional.of(EXPIRES)));
    Runnable fails =
        () -> {
          throw new IllegalStateException("no memory");
        };
    try (var stuck = guard.watch(new Fields(), fails);
        var one = watch();
        var other = watch()) {
      time.set(EXPIRES);
      guard.look();
      assertTrue(stuck.ended().isPresent());
      assertTrue(one.ended().isPresent() && other.ended().isPresent());
      assertEquals(2, cuts.get());
    }
  }
}
