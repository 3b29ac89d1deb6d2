package llmhop;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import llmhop.http.front.EvictionRule;
import llmhop.http.front.Fault;
import llmhop.http.front.Refusals;

/// Tells operators that connections were ended to make room, or because their callers read nothing:
/// one line for each of both in ten seconds at most, with the number of connections. All other
/// notes pass to the hook behind it.
final class EvictionNotes implements Refusals {
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Refusals next;
  private final Log log;
  private final Count idle =
      new Count(
          "all 'http.maxConnections', or the memory for connections, are in use; connections ended"
              + " for new ones: %d, the last one %s");
  private final Count unread =
      new Count(
          "callers that take nothing of their answers hold all memory that they may; connections"
              + " ended: %d, the last one %s");

  EvictionNotes(Refusals next, Log log) {
    this.next = next;
    this.log = log;
  }

  @Override
  public Page page(Fault fault, String message, String target) {
    return next.page(fault, message, target);
  }

  @Override
  public void refused(Fault fault, String message, String target, Page page) {
    next.refused(fault, message, target, page);
  }

  @Override
  public void evicted(EvictionRule rule, String address) {
    (rule == EvictionRule.UNREAD ? unread : idle).add(rule.word() + " from " + address);
    next.evicted(rule, address);
  }

  /// Tells what has happened since the last line. Does not wait: the line is written by another
  /// thread.
  void tick(long now) {
    idle.tick(now);
    unread.tick(now);
  }

  /// How many connections were ended for one reason.
  private final class Count {
    private final String line;
    private final AtomicLong evicted = new AtomicLong();
    private volatile String last = "";
    // The fields below are used by one thread.
    private long told;
    private long nextLine = Long.MIN_VALUE;

    private Count(String line) {
      this.line = line;
    }

    private void add(String which) {
      last = which;
      evicted.incrementAndGet();
    }

    private void tick(long now) {
      long count = evicted.get();
      if (count == told || now < nextLine) {
        return;
      }
      String text = line.formatted(count - told, last);
      told = count;
      nextLine = now + INTERVAL_NANOS;
      Thread.ofVirtual().name("evictions").start(() -> log.say(text));
    }
  }
}
