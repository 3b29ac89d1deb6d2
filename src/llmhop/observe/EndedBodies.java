package llmhop.observe;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Tells operators of bodies that a rule of the router ended, where there is no access log that
/// names them all. Each rule is told at most once in ten seconds, with how many of its ends were
/// not told: under a flood there are thousands. Shared by all requests.
public final class EndedBodies implements Observer {
  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final LongSupplier nanos;
  private final Consumer<String> operators;

  // Guarded by this. There are two rules.
  private final Map<String, Told> toldOf = new HashMap<>();

  private static final class Told {
    private long at;
    private long untold;
  }

  /// @param nanos the clock, as of [System#nanoTime]
  /// @param operators gets lines, must not block
  public EndedBodies(LongSupplier nanos, Consumer<String> operators) {
    this.nanos = nanos;
    this.operators = operators;
  }

  @Override
  public void record(Outcome outcome) {
    if (outcome.endedBy() == EndedBy.ROUTER) {
      outcome.bodyRule().ifPresent(rule -> tell(rule, outcome));
    }
  }

  private void tell(String rule, Outcome outcome) {
    long before;
    synchronized (this) {
      long now = nanos.getAsLong();
      Told told = toldOf.get(rule);
      if (told != null && now - told.at < AGAIN_NANOS) {
        told.untold++;
        return;
      }
      before = told == null ? 0 : told.untold;
      told = toldOf.computeIfAbsent(rule, _ -> new Told());
      told.at = now;
      told.untold = 0;
    }
    String more = before == 0 ? "" : ", " + before + " others before";
    operators.accept(
        "bodies were ended to make room for others by the rule "
            + rule
            + ": the last one of caller "
            + outcome.caller()
            + more
            + "; 'log' names each");
  }
}
