package llmhop.backend;

import llmhop.config.HealthCheck;
import llmhop.http.upstream.UpstreamException;

/// Asks a backend whether it is well, and tells its [Health] once it has said the same often
/// enough. Used by one thread.
///
/// A busy engine may be too slow to say so in time: a probe that was over its time doesn't count
/// while answers come from the backend.
final class HealthProbe {
  private final HealthCheck check;
  private final Backend backend;
  private int bad;
  private int good;

  HealthProbe(HealthCheck check, Backend backend) {
    this.check = check;
    this.backend = backend;
  }

  /// Asks once.
  void run() {
    int before = backend.progress();
    try {
      int status = Question.status(backend, check.path(), check.timeout());
      if (status >= 200 && status < 300) {
        good();
      } else {
        bad("status " + status);
      }
    } catch (UpstreamException.TimedOut e) {
      if (backend.progress() == before) {
        bad("no answer in " + check.timeout().toMillis() + " ms");
      }
    } catch (UpstreamException.Exhausted e) {
      // The probe came to nothing, which says nothing about the backend.
    } catch (UpstreamException e) {
      bad(e.getMessage());
    }
  }

  private void good() {
    bad = 0;
    // Good answers count from when it fell on, also where it was requests that found it out.
    good = backend.health().isUp() ? 0 : good + 1;
    if (good >= check.up()) {
      backend.health().well();
    }
  }

  private void bad(String why) {
    good = 0;
    bad++;
    if (bad >= check.down()) {
      backend.health().unwell(why);
    }
  }
}
