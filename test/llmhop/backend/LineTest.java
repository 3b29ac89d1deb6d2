package llmhop.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import llmhop.config.Priority;
import org.junit.jupiter.api.Test;

class LineTest {
  private final Line<String> line = new Line<>();

  /// Those who wait are named by their owner and a number: `ann1`.
  private void add(Priority priority, String... waiters) {
    for (String each : waiters) line.add(priority, owner(each), each);
  }

  private static String owner(String waiter) {
    return waiter.replaceAll("[0-9]+$", "");
  }

  private List<String> takeAll() {
    List<String> taken = new ArrayList<>();
    for (Optional<String> next = take(); next.isPresent(); next = take()) taken.add(next.get());
    assertEquals(0, line.size());
    return taken;
  }

  private Optional<String> take() {
    return line.take(_ -> true, false);
  }

  @Test
  void ofOneOwnerFirstComeFirstServed() {
    add(Priority.NORMAL, "ann1", "ann2", "ann3");
    assertEquals(List.of("ann1", "ann2", "ann3"), takeAll());
  }

  @Test
  void aGreedyOwnerDoesNotKeepAnotherFromItsTurn() {
    for (int i = 1; i <= 100; i++) add(Priority.NORMAL, "ann" + i);
    add(Priority.NORMAL, "bob1", "bob2");
    assertEquals(List.of("ann1", "bob1", "ann2", "bob2", "ann3", "ann4"), takeAll().subList(0, 6));
  }

  @Test
  void anOwnerThatHasLeftAndComesBackIsLast() {
    add(Priority.NORMAL, "ann1", "bob1", "eve1");
    assertEquals(Optional.of("ann1"), take());
    add(Priority.NORMAL, "ann2");
    assertEquals(List.of("bob1", "eve1", "ann2"), takeAll());
  }

  @Test
  void moreUrgentClassesGoFirst() {
    add(Priority.LOW, "ann1");
    add(Priority.NORMAL, "bob1");
    add(Priority.HIGH, "eve1", "ann2");
    add(Priority.NORMAL, "ann3");
    assertEquals(List.of("eve1", "ann2", "bob1", "ann3", "ann1"), takeAll());
  }

  @Test
  void whoCannotGoHoldsUpTheOthersOnlyWhereTheyAreAlike() {
    add(Priority.NORMAL, "ann1", "ann2", "bob1");
    assertEquals(Optional.empty(), line.take(waiter -> !waiter.equals("ann1"), false));
    assertEquals(Optional.of("ann2"), line.take(waiter -> !waiter.equals("ann1"), true));
    assertEquals(Optional.of("bob1"), line.take(waiter -> !waiter.equals("ann1"), true));
    assertEquals(Optional.empty(), line.take(waiter -> !waiter.equals("ann1"), true));
    assertEquals(List.of("ann1"), takeAll());
  }

  @Test
  void whoLeavesIsGone() {
    add(Priority.NORMAL, "ann1", "ann2", "bob1");
    assertTrue(line.remove(Priority.NORMAL, "ann", "ann1"));
    assertFalse(line.remove(Priority.NORMAL, "ann", "ann1"));
    assertFalse(line.remove(Priority.HIGH, "ann", "ann2"));
    assertTrue(line.remove(Priority.NORMAL, "bob", "bob1"));
    assertEquals(List.of("ann2"), takeAll());
  }

  // ---- making room

  @Test
  void theLastOfWhoHasMostMakesRoomForWhoHasLess() {
    add(Priority.NORMAL, "ann1", "ann2", "ann3", "bob1");
    assertEquals(Optional.of("ann3"), line.makeRoom(Priority.NORMAL, "eve"));
    assertEquals(Optional.of("ann2"), line.makeRoom(Priority.NORMAL, "eve"));
    // One each: nothing would be fairer.
    assertEquals(Optional.empty(), line.makeRoom(Priority.NORMAL, "eve"));
    assertEquals(List.of("ann1", "bob1"), takeAll());
  }

  @Test
  void nobodyMakesRoomForWhoHasAsMuchAfterwards() {
    add(Priority.NORMAL, "ann1", "ann2", "bob1");
    assertEquals(Optional.empty(), line.makeRoom(Priority.NORMAL, "bob"));
    assertEquals(Optional.empty(), line.makeRoom(Priority.NORMAL, "ann"));
  }

  @Test
  void theLessUrgentMakeRoomForTheMoreUrgent() {
    add(Priority.HIGH, "ann1", "ann2", "ann3");
    add(Priority.LOW, "bob1", "bob2");
    assertEquals(Optional.of("bob2"), line.makeRoom(Priority.NORMAL, "ann"));
    assertEquals(Optional.of("bob1"), line.makeRoom(Priority.HIGH, "bob"));
    assertEquals(Optional.empty(), line.makeRoom(Priority.LOW, "eve"));
    assertEquals(Optional.empty(), line.makeRoom(Priority.NORMAL, "eve"));
    assertEquals(Optional.of("ann3"), line.makeRoom(Priority.HIGH, "eve"));
  }

  /// Against a list that is searched from end to end.
  @Test
  void randomComingAndGoingKeepsCount() {
    var random = new SplittableRandom(3);
    for (int round = 0; round < 50; round++) {
      List<String> there = new ArrayList<>();
      for (int i = 0; i < 400; i++) {
        String waiter = "abcdefg".charAt(random.nextInt(7)) + "x" + i;
        Priority priority = Priority.values()[random.nextInt(3)];
        switch (random.nextInt(4)) {
          case 0, 1 -> {
            line.add(priority, waiter.substring(0, 1), waiter + priority);
            there.add(waiter + priority);
          }
          case 2 -> {
            Optional<String> taken = take();
            assertEquals(there.isEmpty(), taken.isEmpty());
            taken.ifPresent(
                each -> {
                  Priority best =
                      there.stream().map(LineTest::priority).min(Priority::compareTo).orElseThrow();
                  assertEquals(best, priority(each));
                  assertTrue(there.remove(each));
                });
          }
          default -> {
            if (!there.isEmpty()) {
              String one = there.remove(random.nextInt(there.size()));
              assertTrue(line.remove(priority(one), one.substring(0, 1), one));
            }
          }
        }
        assertEquals(there.size(), line.size());
      }
      assertEquals(there.size(), takeAll().size());
    }
  }

  private static Priority priority(String waiter) {
    for (Priority each : Priority.values()) {
      if (waiter.endsWith(each.name())) return each;
    }
    throw new AssertionError(waiter);
  }
}
