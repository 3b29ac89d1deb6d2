package llmhop.route;

import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Ids of requests: the caller's own where it is short and clean, else a new one.
final class RequestIds {
  /// Longest id of a caller that is kept, in characters; longer ones would bloat logs.
  static final int LONGEST = 128;

  private final RandomGenerator random;

  /// Ids from this source of chance. It must be safe for concurrent use.
  RequestIds(RandomGenerator random) {
    this.random = random;
  }

  /// The id of a request that came with this one.
  String of(Optional<String> sent) {
    return sent.filter(RequestIds::isClean).orElseGet(() -> "req-" + hex(random.nextLong()));
  }

  /// The id for one attempt at a backend. vLLM takes it for its engine's own id, and two requests
  /// of one id break it, so each attempt gets a suffix that was never used.
  String attempt(String id) {
    return id + "-" + hex(random.nextInt());
  }

  private static String hex(long bits) {
    return HexFormat.of().toHexDigits(bits);
  }

  private static String hex(int bits) {
    return HexFormat.of().toHexDigits(bits);
  }

  private static boolean isClean(String id) {
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      boolean letterOrDigit = c < 0x7f && Character.isLetterOrDigit(c);
      if (!letterOrDigit && "-_.:".indexOf(c) < 0) {
        return false;
      }
    }
    return !id.isEmpty() && id.length() <= LONGEST;
  }
}
