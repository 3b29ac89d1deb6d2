package llmhop.http.front;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;

/// Chooses the connection that is ended when another one needs its slot: one that does nothing, of
/// the address that holds most connections, and there the one that has done nothing for longest. A
/// connection with a request in hand is never chosen, unless its caller is slow to send the body or
/// to take the answer and its address holds over a quarter of all connections.
///
/// One scan over all connections chooses up to 64 of them in advance, so that a flood of newcomers
/// costs one scan for 64 of them. Scans take a tenth of the time at most.
final class Evictor {
  /// Connections that one scan chooses in advance.
  private static final int CHOSEN = 64;

  /// The age from which a handshake or a head counts as slow: an honest one comes in a few packets.
  private static final long SLOW_NANOS = 1_000_000_000L;

  /// The age from which a new connection counts as silent: its first bytes may be on their way.
  private static final long SILENT_NANOS = 250_000_000L;

  /// The oldest choice that is still used.
  private static final long FRESH_CHOICE_NANOS = 1_000_000_000L;

  private static final long MIN_SCAN_INTERVAL_NANOS = 10_000_000L;
  private static final int SCAN_SHARE = 10;

  /// An address that holds over one part in so many of all connections may lose requests in hand.
  private static final int LARGE_SHARE = 4;

  private static final Comparator<Choice> OLDEST_FIRST =
      Comparator.comparing(Choice::rule)
          .thenComparing(Comparator.comparingLong(Choice::age).reversed());

  private static final EvictionRule[] RULES = EvictionRule.values();

  private final int max;
  private final Collection<Connection> connections;
  private final Refusals refusals;
  // The fields below are guarded by this.
  private final Deque<Choice> chosen = new ArrayDeque<>();
  private Map<Object, Group> groups = Map.of();
  private long scannedAt;
  private long nextScan;
  private boolean scanned;

  /// @param max the limit on connections
  Evictor(int max, Collection<Connection> connections, Refusals refusals) {
    this.max = max;
    this.connections = connections;
    this.refusals = refusals;
  }

  /// A connection that may be ended.
  ///
  /// @param held how many connections its address held when it was chosen
  /// @param age how long it had done the same, in nanoseconds
  private record Choice(ConnectionSlot slot, EvictionRule rule, long age, int held) {}

  /// The connections of one address.
  private static final class Group {
    private int held;
    private final List<Choice> idle = new ArrayList<>();
  }

  /// Ends a connection in favour of one more of this address.
  ///
  /// @return false when none may be ended for it
  synchronized boolean makeRoom(Object newcomer, long now) {
    if (chosen.isEmpty() || now - scannedAt > FRESH_CHOICE_NANOS) {
      chosen.clear();
      if (scanned && now - nextScan < 0) {
        return false;
      }
      scan(now);
    }
    while (!chosen.isEmpty()) {
      Choice choice = chosen.peek();
      if (!mayBeEnded(choice, newcomer)) {
        return false;
      }
      chosen.remove();
      if (choice.slot().evict(choice.rule())) {
        refusals.evicted(choice.rule(), choice.slot().remote());
        return true;
      }
    }
    return false;
  }

  /// The first choice is of the address that holds most. If that may not be ended for the newcomer,
  /// no other may.
  private boolean mayBeEnded(Choice choice, Object newcomer) {
    Group own = groups.get(newcomer);
    int held = own == null ? 0 : own.held;
    boolean same = choice.slot().key().equals(newcomer);
    return switch (choice.rule()) {
      case IDLE -> same || choice.held() > held;
      case HEAD -> !same && choice.held() > 2 * (held + 1);
      case BODY, ANSWER ->
          !same && choice.held() > max / LARGE_SHARE && choice.held() > 2 * (held + 1);
      case UNREAD -> false;
    };
  }

  private void scan(long now) {
    long begun = System.nanoTime();
    scanned = true;
    scannedAt = now;
    groups = new HashMap<>();
    for (Connection connection : connections) {
      ConnectionSlot slot = connection.slot();
      if (slot.isReserved() || slot.isEvicted()) {
        continue;
      }
      Group group = groups.computeIfAbsent(slot.key(), key -> new Group());
      group.held++;
      rule(slot, now).ifPresent(rule -> group.idle.add(new Choice(slot, rule, slot.age(now), 0)));
    }
    choose();
    long took = System.nanoTime() - begun;
    nextScan = now + Math.max(MIN_SCAN_INTERVAL_NANOS, SCAN_SHARE * took);
  }

  /// Takes one connection after the other, always of the address that then holds most.
  private void choose() {
    var largest =
        new PriorityQueue<Group>(
            Comparator.comparingInt((Group group) -> group.held)
                .thenComparingLong(group -> group.idle.getLast().age())
                .reversed());
    for (Group group : groups.values()) {
      if (!group.idle.isEmpty()) {
        group.idle.sort(OLDEST_FIRST.reversed());
        largest.add(group);
      }
    }
    while (chosen.size() < CHOSEN && !largest.isEmpty()) {
      Group group = largest.remove();
      Choice next = group.idle.removeLast();
      chosen.add(new Choice(next.slot(), next.rule(), next.age(), group.held));
      group.held--;
      if (!group.idle.isEmpty()) {
        largest.add(group);
      }
    }
  }

  private static Optional<EvictionRule> rule(ConnectionSlot slot, long now) {
    for (EvictionRule rule : RULES) {
      if (slot.applies(rule)) {
        return slot.age(now) < minAge(slot, rule) ? Optional.empty() : Optional.of(rule);
      }
    }
    return Optional.empty();
  }

  private static long minAge(ConnectionSlot slot, EvictionRule rule) {
    return switch (rule) {
      case IDLE -> slot.doing() == Doing.FRESH ? SILENT_NANOS : 0;
      case HEAD -> SLOW_NANOS;
      case BODY, ANSWER, UNREAD -> 0;
    };
  }

  /// Ends a connection in a reserved slot that has no whole head: one that is only heard out, else
  /// the oldest of the address that holds most reserved slots.
  ///
  /// @return false when all of them are being answered
  static boolean endReserved(Collection<Connection> reserve, long now) {
    Map<Object, Integer> held = new HashMap<>();
    for (Connection connection : reserve) {
      held.merge(connection.slot().key(), 1, Integer::sum);
    }
    List<Reserved> all = new ArrayList<>();
    for (Connection connection : reserve) {
      ConnectionSlot slot = connection.slot();
      boolean heardOut = slot.doing() == Doing.LINGERING;
      all.add(new Reserved(slot, heardOut, held.getOrDefault(slot.key(), 0), slot.age(now)));
    }
    all.sort(
        Comparator.comparing(Reserved::heardOut)
            .thenComparingInt(Reserved::held)
            .thenComparingLong(Reserved::age)
            .reversed());
    for (Reserved each : all) {
      if (each.slot().endReserved()) {
        return true;
      }
    }
    return false;
  }

  /// A connection in a reserved slot, as it was at one moment.
  private record Reserved(ConnectionSlot slot, boolean heardOut, int held, long age) {}
}
