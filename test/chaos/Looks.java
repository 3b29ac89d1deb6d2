package chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/// Looks again and again at a number that has a limit, until it is told to stop.
final class Looks {

  private static final long PAUSE_NANOS = 80_000_000;
  private static final int IN_A_ROW = 3;

  private final String what;
  private final int most;
  private final LongSupplier number;
  private final List<Long> seen = new ArrayList<>();
  private final Thread thread;
  private volatile boolean stopped;

  private Looks(String what, int most, LongSupplier number) {
    this.what = what;
    this.most = most;
    this.number = number;
    thread = Thread.ofVirtual().unstarted(this::look);
  }

  /// Begins.
  ///
  /// @param what the number's name, for a message
  /// @param most its limit
  static Looks at(String what, int most, LongSupplier number) {
    Looks looks = new Looks(what, most, number);
    looks.thread.start();
    return looks;
  }

  private void look() {
    while (!stopped) {
      seen.add(number.getAsLong());
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /// Looks no more, and says what must hold: the limit was reached, and not passed. An engine hears
  /// a moment later than the router that somebody has left: one look over the limit proves nothing.
  void judge(Row row) throws InterruptedException {
    stopped = true;
    thread.join();
    long peak = 0;
    int over = 0;
    int longest = 0;
    double sum = 0;
    for (long each : seen) {
      peak = Math.max(peak, each);
      over = each > most ? over + 1 : 0;
      longest = Math.max(longest, over);
      sum += each;
    }
    double mean = sum / seen.size();
    String told = "%s: %d at most, %.1f in the mean".formatted(what, peak, mean);
    row.must(peak >= most, told + ", never the " + most + " that it may be: nothing was tried");
    row.must(longest < IN_A_ROW && mean <= most, told + ", more than " + most);
  }
}
