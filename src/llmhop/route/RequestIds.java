package llmhop.route;

import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Ids of requests: the caller's own where it is short and clean, else a new one.
final class RequestIds {
  /// Longest id of a caller that is kept, in characters; longer ones would bloat logs.
  static final int LONGEST = 128;

  /// What an attempt's id has more than the request's: a dash and eight digits.
  private static final int SUFFIX = 9;

  private final RandomGenerator random;

  /// Ids from this source of chance. It must be safe for concurrent use.
  RequestIds(RandomGenerator random) {
    this.random = random;
  }

  /// An id for a request that came with none.
  String fresh() {
    return "req-" + hex(random.nextLong());
  }

  /// The id of a request that came with this one.
  ///
  /// @param ofAttempt whether another router made it for an attempt of its own: then it is that
  ///   router's id for the request, so that both logs tell the same one
  String of(Optional<String> sent, boolean ofAttempt) {
    Optional<String> id = ofAttempt ? sent.map(RequestIds::withoutSuffix) : sent;
    return id.filter(RequestIds::isClean).orElseGet(this::fresh);
  }

  private static String withoutSuffix(String id) {
    int dash = id.length() - SUFFIX;
    if (dash < 1 || id.charAt(dash) != '-') {
      return id;
    }
    for (int i = dash + 1; i < id.length(); i++) {
      if (!HexFormat.isHexDigit(id.charAt(i))) {
        return id;
      }
    }
    return id.substring(0, dash);
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
