package llmhop.http.upstream;

import java.util.concurrent.ScheduledThreadPoolExecutor;

/// The one thread that looks at clocks, started when something is to be looked at for the first
/// time.
final class Timer {
  static final ScheduledThreadPoolExecutor SHARED = create();

  private Timer() {}

  private static ScheduledThreadPoolExecutor create() {
    var timer =
        new ScheduledThreadPoolExecutor(
            1, work -> Thread.ofPlatform().daemon().name("upstream-timer").unstarted(work));
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }
}
