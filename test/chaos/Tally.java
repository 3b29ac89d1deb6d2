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
  private final Map<String, Integer> codes = new HashMap<>();
  private final List<Double> seconds = new ArrayList<>();
  private int sent;
  private int left;
  private int hintless;
  private int silent;
  private double slowestSeconds;
  private long firstSent;
  private long lastSent;
  private long firstEnd;
  private long lastEnd;
  private boolean anyEnded;

  /// @param allowed the codes of our errors, or the statuses of a backend's, that are refusals here
  ///   and not failures
  Tally(String... allowed) {
    this.allowed = Set.of(allowed);
  }

  synchronized void sending() {
    sent++;
    lastSent = System.nanoTime();
    if (sent == 1) firstSent = lastSent;
  }

  /// One that its caller hung up on.
  synchronized void left() {
    left++;
    ended();
  }

  private void ended() {
    lastEnd = System.nanoTime();
    if (!anyEnded) firstEnd = lastEnd;
    anyEnded = true;
  }

  synchronized Answer add(Answer answer) {
    ended();
    Verdict verdict = answer.verdict(allowed);
    counts.merge(verdict, 1, Integer::sum);
    if (verdict == Verdict.LOST && answer.firstByteNanos() < 0) silent++;
    if (verdict == Verdict.ANSWERED) seconds.add(answer.seconds());
    if (verdict == Verdict.REFUSED) {
      codes.merge(answer.code(), 1, Integer::sum);
      if (!answer.field("Retry-After").matches("[0-9]+")) hintless++;
    }
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

  /// How many were refused with this code.
  synchronized int refused(String code) {
    return codes.getOrDefault(code, 0);
  }

  /// How many of the refused ones were not told when to come back.
  synchronized int hintless() {
    return hintless;
  }

  /// How many were hung up on by their callers.
  synchronized int hungUp() {
    return left;
  }

  /// The median of what answered ones took, NaN when there are none.
  synchronized double medianSeconds() {
    List<Double> sorted = seconds.stream().sorted().toList();
    return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
  }

  /// The least time there can have been between the router's looks at the first and the last one.
  synchronized double leastSeconds() {
    return Math.max(0, (lastSent - firstEnd) / 1e9);
  }

  /// The most time there can have been between the router's looks at the first and the last one.
  synchronized double mostSeconds() {
    return (lastEnd - firstSent) / 1e9;
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
