package llmhop.backend;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import llmhop.config.Priority;

/// Those who wait, in the order in which they go: the more urgent class first; in a class each
/// owner in turn; of one owner first come, first served. Guarded by the lock of whoever has it.
///
/// @param <W> one who waits
final class Line<W> {
  /// Those of one owner in one class, oldest first.
  private static final class Group<W> {
    final String owner;
    final SequencedSet<W> waiting = new LinkedHashSet<>();

    Group(String owner) {
      this.owner = owner;
    }
  }

  /// A class: its owners in the order of their turns.
  private static final class Rank<W> {
    final ArrayDeque<Group<W>> turns = new ArrayDeque<>();
    final Map<String, Group<W>> byOwner = new HashMap<>();
  }

  private final List<Rank<W>> ranks = new ArrayList<>();
  private int size;

  Line() {
    for (Priority each : Priority.values()) {
      assert each.ordinal() == ranks.size();
      ranks.add(new Rank<>());
    }
  }

  int size() {
    return size;
  }

  void add(Priority priority, String owner, W waiter) {
    Rank<W> rank = ranks.get(priority.ordinal());
    Group<W> group = rank.byOwner.get(owner);
    if (group == null) {
      group = new Group<>(owner);
      rank.byOwner.put(owner, group);
      rank.turns.addLast(group);
    }
    group.waiting.addLast(waiter);
    size++;
  }

  /// @return whether it was there
  boolean remove(Priority priority, String owner, W waiter) {
    Rank<W> rank = ranks.get(priority.ordinal());
    Group<W> group = rank.byOwner.get(owner);
    if (group == null || !group.waiting.remove(waiter)) {
      return false;
    }
    size--;
    if (group.waiting.isEmpty()) {
      rank.byOwner.remove(owner);
      rank.turns.remove(group);
    }
    return true;
  }

  /// Takes the first one that can go; its owner's next turn comes after all others'.
  ///
  /// @param all whether one that can't go says nothing about those behind it
  Optional<W> take(Predicate<W> canGo, boolean all) {
    for (Rank<W> rank : ranks) {
      for (Group<W> group : rank.turns) {
        for (W waiter : group.waiting) {
          if (canGo.test(waiter)) {
            group.waiting.remove(waiter);
            size--;
            rank.turns.remove(group);
            if (group.waiting.isEmpty()) {
              rank.byOwner.remove(group.owner);
            } else {
              rank.turns.addLast(group);
            }
            return Optional.of(waiter);
          }
          if (!all) {
            return Optional.empty();
          }
        }
      }
    }
    return Optional.empty();
  }

  /// Shows each that waits, in no particular order.
  void forEach(Consumer<W> action) {
    for (Rank<W> rank : ranks) {
      for (Group<W> group : rank.turns) group.waiting.forEach(action);
    }
  }

  /// Takes the one that has to make room for a newcomer, if any has to: the last of the least
  /// urgent class, where that is less urgent than the newcomer; in the newcomer's own class the
  /// last of the owner with the most, where that is at least two more than the newcomer's owner
  /// has.
  Optional<W> makeRoom(Priority priority, String owner) {
    for (int i = ranks.size() - 1; i >= priority.ordinal(); i--) {
      Rank<W> rank = ranks.get(i);
      Optional<Group<W>> most = most(rank);
      if (most.isPresent()) {
        boolean below = i > priority.ordinal();
        Group<W> own = rank.byOwner.get(owner);
        int mine = own == null ? 0 : own.waiting.size();
        if (!below && most.get().waiting.size() < mine + 2) {
          return Optional.empty();
        }
        W last = most.get().waiting.getLast();
        remove(Priority.values()[i], most.get().owner, last);
        return Optional.of(last);
      }
    }
    return Optional.empty();
  }

  private static <W> Optional<Group<W>> most(Rank<W> rank) {
    Optional<Group<W>> most = Optional.empty();
    for (Group<W> group : rank.turns) {
      if (most.isEmpty() || group.waiting.size() > most.get().waiting.size()) {
        most = Optional.of(group);
      }
    }
    return most;
  }
}
