package llmhop.route;

import java.util.concurrent.TimeUnit;
import llmhop.backend.Entry;
import llmhop.observe.EndedBy;

/// The refusals of requests that could be taken at another time: 429, and when to come again. A
/// factory per case.
final class NotNow {
  /// Whoever is told to wait longer makes up its own mind: SDKs take no more than a minute.
  private static final int LONGEST_RETRY_SECONDS = 60;

  private static final String RATE_LIMIT_EXCEEDED = "rate_limit_exceeded";
  private static final String QUEUE_FULL = "queue_full";

  private NotNow() {}

  /// A token has no requests left for now.
  static Refusal rateLimited(int rpm, long waitNanos) {
    String message =
        "This API key may send %d requests per minute, and has sent them. Wait as long as"
            + " Retry-After says.";
    return ofCaller(message.formatted(rpm)).after(seconds(waitNanos));
  }

  /// A token may send nothing at all, and waiting doesn't help.
  static Refusal keyBlocked() {
    return ofCaller("This API key is blocked. Ask the operator.").retry(false);
  }

  /// A token has as many requests in hand as it may.
  static Refusal tooManyOfKey(int most) {
    String message =
        "This API key may have %d requests at a time, and has. Wait until one of them is answered.";
    return ofCaller(message.formatted(most)).after(1);
  }

  /// A model has as many requests in hand as it may, and as many wait as may.
  static Refusal queueFull(String model, Entry.Denied denied) {
    String what =
        switch (denied.why()) {
          case TAKEN -> "has as many requests as it may have at a time";
          case FULL -> "has as many requests as it may have at a time, and as many wait as may";
          case WAITED -> "had no room for the request as long as it may wait";
          case PUSHED_OUT -> "had no room for the request, which made way for another's";
        };
    return queueFull(model, what).after(seconds(denied.nextNanos()));
  }

  /// The backends of a model that are well have as many requests as they may have.
  static Refusal backendsBusy(String model) {
    return queueFull(model, "has no room for the request").after(1);
  }

  private static Refusal queueFull(String model, String what) {
    String message = "The model " + Refusal.quote(model) + " " + what + ". Try again shortly.";
    return Refusal.limit(QUEUE_FULL, EndedBy.ROUTER, message);
  }

  private static Refusal ofCaller(String message) {
    return Refusal.limit(RATE_LIMIT_EXCEEDED, EndedBy.CALLER, message);
  }

  /// Rounded up, so that whoever comes then isn't too early.
  private static int seconds(long nanos) {
    long up = nanos + TimeUnit.SECONDS.toNanos(1) - 1;
    return Math.clamp(TimeUnit.NANOSECONDS.toSeconds(up), 1, LONGEST_RETRY_SECONDS);
  }
}
