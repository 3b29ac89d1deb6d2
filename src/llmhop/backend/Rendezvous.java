package llmhop.backend;

/// Rendezvous hashing with weights: every backend gets a score for a key, and the highest wins. No
/// table and no state, so that all routers of one fleet agree; one that leaves moves its own keys
/// only.
///
/// @see <a href="https://www.ietf.org/archive/id/draft-mohanty-bess-weighted-hrw-02.html">Weighted
///   HRW</a>
final class Rendezvous {
  private static final double TWO_TO_53 = 0x1.0p53;

  private Rendezvous() {}

  /// How much a backend is meant for a key. Depends on its address and its weight alone.
  static double score(long key, Backend backend) {
    long mixed = Hash64.end(key ^ backend.identity());
    // In the middle between two steps of 2^-53: never 0, never 1.
    double uniform = ((mixed >>> 11) + 0.5) / TWO_TO_53;
    // The same bits on every machine, which Math.log doesn't promise.
    return -backend.weight() / StrictMath.log(uniform);
  }
}
