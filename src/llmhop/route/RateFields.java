package llmhop.route;

import java.util.concurrent.TimeUnit;
import llmhop.caller.Quota;
import llmhop.http.wire.Fields;

/// What an answer tells of a token's requests per minute, in OpenAI's fields. They replace those of
/// a backend: what it leaves to us is nothing to our callers.
///
/// @see <a href="https://platform.openai.com/docs/guides/rate-limits">OpenAI's rate limits</a>
final class RateFields {
  private RateFields() {}

  static void addTo(Fields answer, Quota quota) {
    answer.set("x-ratelimit-limit-requests", Integer.toString(quota.limit()));
    answer.set("x-ratelimit-remaining-requests", Integer.toString(quota.left()));
    if (quota.limit() > 0) {
      answer.set("x-ratelimit-reset-requests", text(quota.fullNanos()));
    }
  }

  /// As OpenAI writes it: `850ms`, `7s`, `1m0s`; rounded up.
  static String text(long nanos) {
    long millis = (nanos + 999_999) / 1_000_000;
    if (millis < 1000) {
      return millis + "ms";
    }
    long seconds = TimeUnit.MILLISECONDS.toSeconds(millis + 999);
    return seconds < 60 ? seconds + "s" : seconds / 60 + "m" + seconds % 60 + "s";
  }
}
