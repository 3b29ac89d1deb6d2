package llmhop.config;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/// Reads how much may be asked of a model, and by the callers with a token.
final class LimitsReader {
  static final List<String> QUEUE_KEYS = List.of("max", "wait");
  private static final int MOST_CONCURRENT = 100_000;

  private LimitsReader() {}

  static ModelLimits model(Section model, List<Endpoint> endpoints) {
    OptionalInt maxConcurrent = maxConcurrent(model);
    Optional<QueueRules> queue = model.get("queue").flatMap(LimitsReader::queue);
    boolean limited = maxConcurrent.isPresent();
    for (Endpoint endpoint : endpoints) limited |= endpoint.maxConcurrent().isPresent();
    if (!limited && !endpoints.isEmpty()) {
      model
          .get("queue")
          .ifPresent(c -> c.warning("nobody ever waits, without a \"maxConcurrent\""));
    }
    return new ModelLimits(
        maxConcurrent, queue, model.get("heartbeat").flatMap(LimitsReader::beat));
  }

  static TokenLimits token(Section token) {
    Priority priority =
        token.get("priority").flatMap(LimitsReader::priority).orElse(Priority.NORMAL);
    return new TokenLimits(
        number(token.get("rpm").flatMap(c -> c.wholeNumber(0, TokenLimits.MOST_RPM))),
        maxConcurrent(token),
        priority,
        token.get("maxPriority").flatMap(LimitsReader::priority));
  }

  /// How many requests at a time; for none at all there are better words.
  static OptionalInt maxConcurrent(Section section) {
    return number(section.get("maxConcurrent").flatMap(c -> c.wholeNumber(1, MOST_CONCURRENT)));
  }

  private static OptionalInt number(Optional<Long> number) {
    return number.isPresent() ? OptionalInt.of(number.get().intValue()) : OptionalInt.empty();
  }

  private static Optional<QueueRules> queue(Cursor cursor) {
    return cursor.section(QUEUE_KEYS).map(LimitsReader::queue);
  }

  private static QueueRules queue(Section queue) {
    QueueRules otherwise = QueueRules.DEFAULT;
    return new QueueRules(
        queue
            .get("max")
            .flatMap(c -> c.wholeNumber(1, QueueRules.MOST))
            .map(Long::intValue)
            .orElse(otherwise.max()),
        queue.get("wait").flatMap(Durations::readLimit).orElse(otherwise.longest()));
  }

  private static Optional<Duration> beat(Cursor cursor) {
    Optional<Duration> beat = Durations.readLimit(cursor);
    return beat.isPresent() && beat.get().compareTo(ModelLimits.LEAST_HEARTBEAT) < 0
        ? cursor.refuse("must be at least 1s")
        : beat;
  }

  private static Optional<Priority> priority(Cursor cursor) {
    Optional<String> word = cursor.text();
    Optional<Priority> priority =
        word.filter(text -> text.equals(text.toLowerCase(Locale.ROOT))).flatMap(Priority::of);
    return word.isPresent() && priority.isEmpty()
        ? cursor.refuse(Words.quoted(word.get()) + " is none of \"high\", \"normal\" and \"low\"")
        : priority;
  }
}
