package llmhop.tool;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The options of `llmhop simulate`.
final class SimOptions {
  static final String USAGE =
      """
      Usage: java -jar llmhop.jar simulate [option...]

      A simulated inference server: OpenAI's, Anthropic's and Ollama's APIs with made-up text,
      for trying things out and for tests. No model runs, and nothing is kept.

        --port 8000             where to listen; 0 for any free port
        --host 127.0.0.1        on which address
        --model simulated       a model's name; give it again for several
        --ttft 200ms            time to first token (ms, s, m)
        --tokens-per-second 50  how fast the others follow
        --tokens 64             length of an answer, unless the caller wants less
        --max-running N         how many requests run at once; the others wait in line
        --prefix-cache TOKENS   keep so much of the prompts, whose prefill then takes no time
        --fail 500:0.1          answer this share of the requests with this status; may be repeated
        --drop-mid-stream 0.05  cut off this share of the streams
        --hang 0.01             never answer this share of the requests
        --drain 30s             how long requests may run on when it is told to stop
        --seed N                for the same luck every time
        --help                  this text

      --flag=value is fine, too. Exit codes: 0 fine, 1 wrong usage, 2 can't start.
      """;

  private static final Set<String> NAMES =
      Set.of(
          "--port",
          "--host",
          "--model",
          "--ttft",
          "--tokens-per-second",
          "--tokens",
          "--max-running",
          "--prefix-cache",
          "--fail",
          "--drop-mid-stream",
          "--hang",
          "--drain",
          "--seed");

  private static final Pattern DURATION = Pattern.compile("([0-9]{1,7})(ms|s|m)");
  private static final Pattern FAIL = Pattern.compile("([45][0-9]{2}):(.+)");
  private static final Map<String, Long> MILLIS = Map.of("ms", 1L, "s", 1_000L, "m", 60_000L);
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final int MAX_TOKENS = 1_000_000;
  private static final int MAX_CACHE = 100_000_000;
  private static final double MAX_TOKENS_PER_SECOND = 1e9;
  private static final int LONGEST_NAME = 256;

  private final Arguments arguments;

  private SimOptions(Arguments arguments) {
    this.arguments = arguments;
  }

  /// Reads the options.
  ///
  /// @param seed where chance begins when `--seed` doesn't say it
  static SimSettings parse(List<String> words, long seed) throws UsageException {
    return new SimOptions(Arguments.parse(words, NAMES)).settings(seed);
  }

  private SimSettings settings(long seed) throws UsageException {
    Pace pace = new Pace(duration("--ttft", "200ms"), tokensPerSecond());
    return new SimSettings(
        arguments.one("--host").orElse("127.0.0.1"),
        (int) whole("--port", 0, 65_535).orElse(8000),
        models(),
        pace,
        (int) whole("--tokens", 1, MAX_TOKENS).orElse(64),
        (int) whole("--max-running", 1, Integer.MAX_VALUE).orElse(Integer.MAX_VALUE),
        (int) whole("--prefix-cache", 0, MAX_CACHE).orElse(0),
        fails(),
        share("--drop-mid-stream"),
        share("--hang"),
        duration("--drain", "30s"),
        whole("--seed", Long.MIN_VALUE, Long.MAX_VALUE).orElse(seed));
  }

  private List<String> models() throws UsageException {
    List<String> models = arguments.all("--model");
    for (String model : models) {
      if (model.length() > LONGEST_NAME || model.chars().anyMatch(Character::isISOControl)) {
        throw new UsageException("--model must be a name of at most 256 characters on one line.");
      }
    }
    if (new HashSet<>(models).size() < models.size()) {
      throw new UsageException("--model names one model twice.");
    }
    return models.isEmpty() ? List.of("simulated") : models;
  }

  private Duration duration(String name, String otherwise) throws UsageException {
    Matcher matcher = DURATION.matcher(arguments.one(name).orElse(otherwise));
    if (!matcher.matches()) {
      throw new UsageException(name + " must be a duration like 200ms, 2s or 1m.");
    }
    long millis = Long.parseLong(matcher.group(1)) * MILLIS.get(matcher.group(2));
    if (millis > LONGEST.toMillis()) {
      throw new UsageException(name + " must be at most 60m.");
    }
    return Duration.ofMillis(millis);
  }

  private double tokensPerSecond() throws UsageException {
    double speed = number("--tokens-per-second", arguments.one("--tokens-per-second").orElse("50"));
    if (!(speed >= 0.001 && speed <= MAX_TOKENS_PER_SECOND)) {
      throw new UsageException("--tokens-per-second must be from 0.001 to 1000000000.");
    }
    return speed;
  }

  private List<Chance.Fail> fails() throws UsageException {
    List<Chance.Fail> fails = new ArrayList<>();
    for (String fail : arguments.all("--fail")) {
      Matcher matcher = FAIL.matcher(fail);
      if (!matcher.matches()) {
        throw new UsageException("--fail must be STATUS:PROBABILITY, like 500:0.1 or 429:1.");
      }
      int status = Integer.parseInt(matcher.group(1));
      fails.add(new Chance.Fail(status, probability("--fail", matcher.group(2))));
    }
    return fails;
  }

  private double share(String name) throws UsageException {
    return probability(name, arguments.one(name).orElse("0"));
  }

  private static double probability(String name, String text) throws UsageException {
    double probability = number(name, text);
    if (!(probability >= 0 && probability <= 1)) {
      throw new UsageException(name + " must have a probability from 0 to 1.");
    }
    return probability;
  }

  private static double number(String name, String text) throws UsageException {
    if (!text.matches("[0-9]{1,12}(\\.[0-9]{1,12})?|\\.[0-9]{1,12}")) {
      throw new UsageException(name + ": " + Text.printable(text, 64) + " is not a number.");
    }
    return Double.parseDouble(text);
  }

  private OptionalLong whole(String name, long least, long most) throws UsageException {
    if (arguments.one(name).isEmpty()) {
      return OptionalLong.empty();
    }
    String text = arguments.one(name).get();
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return OptionalLong.of(value);
      }
    } catch (NumberFormatException e) {
      // Said below, together with the range.
    }
    throw new UsageException(
        "%s must be a whole number from %d to %d.".formatted(name, least, most));
  }
}
