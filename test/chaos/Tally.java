package chaos;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Counts of requests and of what became of them. Used by many threads.
final class Tally {

  private static final int MOST_SAMPLES = 5;

  private final Set<String> allowed;
  private final Map<Verdict, Integer> counts = new EnumMap<>(Verdict.class);
  private final Map<String, Integer> backends = new HashMap<>();
  private final List<String> samples = new ArrayList<>();
  private int sent;
  private int silent;
  private double slowestSeconds;

  /// @param allowed the codes of our errors, or the statuses of a backend's, that are refusals here
  ///   and not failures
  Tally(String... allowed) {
    this.allowed = Set.of(allowed);
  }

  synchronized void sending() {
    sent++;
  }

  synchronized Answer add(Answer answer) {
    Verdict verdict = answer.verdict(allowed);
    counts.merge(verdict, 1, Integer::sum);
    if (verdict == Verdict.LOST && answer.firstByteNanos() < 0) silent++;
    slowestSeconds = Math.max(slowestSeconds, answer.seconds());
    if (!answer.backend().isEmpty()) backends.merge(answer.backend(), 1, Integer::sum);
    boolean bad = verdict == Verdict.FAILED || verdict == Verdict.LOST;
    if (bad && samples.size() < MOST_SAMPLES) samples.add(verdict + ": " + answer);
    return answer;
  }

  synchronized int sent() {
    return sent;
  }

  int answered() {
    return count(Verdict.ANSWERED);
  }

  int refused() {
    return count(Verdict.REFUSED);
  }

  int failed() {
    return count(Verdict.FAILED);
  }

  int lost() {
    return count(Verdict.LOST);
  }

  /// How many of the lost ones were lost before the first byte of an answer.
  synchronized int silent() {
    return silent;
  }

  synchronized double slowestSeconds() {
    return slowestSeconds;
  }

  private synchronized int count(Verdict verdict) {
    return counts.getOrDefault(verdict, 0);
  }

  /// How many answers came from the backend with this label.
  synchronized int from(String backend) {
    return backends.getOrDefault(backend, 0);
  }

  /// The most answers that came from one backend.
  synchronized int busiest() {
    return backends.values().stream().max(Integer::compare).orElse(0);
  }

  synchronized List<String> samples() {
    return List.copyOf(samples);
  }
}
