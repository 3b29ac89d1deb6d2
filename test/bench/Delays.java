package bench;

/// A histogram of nanoseconds, each kept to within 0.8 percent: 128 steps for every power of two.
final class Delays {

  private static final int STEPS = 128;

  private final long[] counts = new long[64 * STEPS];
  private long count;
  private long largest;

  void add(long nanos) {
    long value = Math.max(0, nanos);
    counts[indexOf(value)]++;
    count++;
    largest = Math.max(largest, value);
  }

  long count() {
    return count;
  }

  double largestMicros() {
    return largest / 1e3;
  }

  /// The delay in microseconds that this share of all stays within; NaN when there are none.
  double micros(double share) {
    if (count == 0) return Double.NaN;
    long wanted = Math.max(1, (long) Math.ceil(share * count));
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= wanted) return Math.min(middleOf(i), largest) / 1e3;
    }
    return largest / 1e3;
  }

  // Values below 128 have an index each; above, the seven bits after the first choose the step.
  private static int indexOf(long value) {
    if (value < STEPS) return (int) value;
    int shift = 63 - Long.numberOfLeadingZeros(value) - 7;
    return (shift + 1) * STEPS + (int) (value >>> shift) - STEPS;
  }

  private static long middleOf(int index) {
    if (index < STEPS) return index;
    int shift = index / STEPS - 1;
    return ((long) (index % STEPS + STEPS) << shift) + (1L << shift) / 2;
  }
}
