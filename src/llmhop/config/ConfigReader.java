package llmhop.config;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llmhop.json.Json;
import llmhop.json.JsonException;

/// Reads a config file: JSON in; a checked [Config], or all of its mistakes, out.
public final class ConfigReader {
  static final List<String> KEYS =
      List.of(
          "listen",
          "host",
          "port",
          "tls",
          "http",
          "cors",
          "authTokens",
          "maxBodyBytes",
          "maxBufferedBytes",
          "maxBufferedShare",
          "maxConcurrentRequests",
          "default",
          "trustedProxies",
          "log",
          "drainDelay",
          "drain",
          "instance",
          "watch",
          "models");
  // Images and audio in base64 fit; what doesn't is no prompt.
  private static final long DEFAULT_MAX_BODY_BYTES = 100L << 20;
  // Four callers that hold all they may fill the budget.
  private static final double DEFAULT_SHARE = 0.25;
  private static final double LEAST_SHARE = 0.01;

  // A long generation may run; whoever stops us for good has a deadline of its own.
  private static final Duration DEFAULT_DRAIN = Duration.ofSeconds(600);

  // Who edits a file waits that long; a look costs a few microseconds.
  private static final Duration DEFAULT_WATCH = Duration.ofSeconds(2);
  private static final Duration LEAST_WATCH = Duration.ofSeconds(1);

  // As long as a label of a host name.
  private static final int LONGEST_INSTANCE = 63;

  private final Report report;
  private final Secrets secrets;
  private final long heapBytes;
  private final Instant now;

  private ConfigReader(Report report, Secrets secrets, long heapBytes, Instant now) {
    this.report = report;
    this.secrets = secrets;
    this.heapBytes = heapBytes;
    this.now = now;
  }

  /// Reads and checks the text of a config file.
  ///
  /// @param json the file's bytes
  /// @param secrets how references to secrets become values
  /// @return the config
  /// @throws ConfigException with every mistake of the file
  public static Config read(byte[] json, Secrets secrets) throws ConfigException {
    return read(json, secrets, Runtime.getRuntime().maxMemory(), Instant.now());
  }

  static Config read(byte[] json, Secrets secrets, long heapBytes, Instant now)
      throws ConfigException {
    Report report = new Report();
    Optional<Config> config =
        new Cursor(parse(json), "", report)
            .section(KEYS)
            .flatMap(new ConfigReader(report, secrets, heapBytes, now)::config);
    return config.orElseThrow(() -> new ConfigException(report.problems()));
  }

  private static Json parse(byte[] json) throws ConfigException {
    try {
      return Json.parse(json);
    } catch (JsonException e) {
      throw new ConfigException(
          List.of(
              "not JSON: %s (line %d, column %d)".formatted(e.getMessage(), e.line(), e.column())));
    }
  }

  private Optional<Config> config(Section file) {
    List<Listen> listen = ListenReader.read(file);
    Optional<ListenTls> tls = file.get("tls").flatMap(c -> ListenTlsReader.read(c, listen));
    HttpLimits http = file.get("http").map(HttpReader::read).orElse(HttpLimits.DEFAULT);
    boolean open = !file.has("authTokens");
    List<String> corsOrigins =
        file.get("cors").map(c -> CorsReader.read(c, open)).orElse(List.of());
    ModelsReader models = ModelsReader.read(file, secrets);
    List<Token> tokens =
        file.get("authTokens")
            .map(c -> TokensReader.read(c, models.names(), secrets, now))
            .orElse(List.of());
    long maxBodyBytes =
        file.get("maxBodyBytes").flatMap(Sizes::read).orElse(DEFAULT_MAX_BODY_BYTES);
    long maxBufferedBytes =
        file.get("maxBufferedBytes").flatMap(ConfigReader::budget).orElse(heapBytes / 2);
    double maxBufferedShare =
        file.get("maxBufferedShare").flatMap(ConfigReader::share).orElse(DEFAULT_SHARE);
    long maxConcurrent =
        file.get("maxConcurrentRequests")
            .flatMap(c -> c.wholeNumber(0, Integer.MAX_VALUE))
            .orElse(0L);
    List<AddressRange> trusted =
        file.get("trustedProxies").map(ConfigReader::ranges).orElse(List.of());
    LogFormat log = file.get("log").flatMap(ConfigReader::log).orElse(LogFormat.OFF);
    Duration drainDelay = file.get("drainDelay").flatMap(Durations::read).orElse(Duration.ZERO);
    Duration drain = file.get("drain").flatMap(Durations::read).orElse(DEFAULT_DRAIN);
    Optional<String> instance = file.get("instance").flatMap(c -> c.parsed(ConfigReader::instance));
    Duration watch = file.get("watch").flatMap(ConfigReader::watch).orElse(DEFAULT_WATCH);
    warnAboutLimits(file, maxBodyBytes, maxBufferedBytes);
    if (report.hasProblems()) {
      return Optional.empty();
    }
    return Optional.of(
        new Config(
            listen,
            tls,
            http,
            corsOrigins,
            tokens,
            maxBodyBytes == 0 ? Long.MAX_VALUE : maxBodyBytes,
            maxBufferedBytes,
            maxBufferedShare,
            maxConcurrent == 0 ? Integer.MAX_VALUE : (int) maxConcurrent,
            models.defaultModel(),
            trusted,
            log,
            drainDelay,
            drain,
            instance,
            watch,
            models.models(),
            report.warnings()));
  }

  /// It goes into a header, among names of others.
  private static String instance(String text) {
    boolean clean = !text.isEmpty() && text.length() <= LONGEST_INSTANCE;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      clean &= c < 0x7f && (Character.isLetterOrDigit(c) || "-_.".indexOf(c) >= 0);
    }
    Checks.that(
        clean,
        "a name is 1 to " + LONGEST_INSTANCE + " letters, digits, and \"-\", \"_\" or \".\"");
    return text;
  }

  private static Optional<Duration> watch(Cursor cursor) {
    Optional<Duration> every = Durations.read(cursor);
    return every.isPresent() && every.get().isPositive() && every.get().compareTo(LEAST_WATCH) < 0
        ? cursor.refuse("must be at least 1s, or 0s for never")
        : every;
  }

  private static Optional<Long> budget(Cursor cursor) {
    Optional<Long> bytes = Sizes.read(cursor);
    return bytes.isPresent() && bytes.get() == 0
        ? cursor.refuse("must be at least 1 byte, leave the key out for half of the heap")
        : bytes;
  }

  private static Optional<Double> share(Cursor cursor) {
    if (!(cursor.json() instanceof Json.Num number)) {
      return cursor.wrongKind("a number from 0.01 to 1");
    }
    double part = number.asDouble();
    return part >= LEAST_SHARE && part <= 1
        ? Optional.of(part)
        : cursor.refuse("must be 0.01 to 1, the part of maxBufferedBytes that one caller may hold");
  }

  private static List<AddressRange> ranges(Cursor cursor) {
    List<AddressRange> ranges = new ArrayList<>();
    cursor
        .items("a list of address ranges", "an empty list, leave the key out to trust nobody")
        .forEach(item -> item.parsed(AddressRange::parse).ifPresent(ranges::add));
    return ranges;
  }

  private static Optional<LogFormat> log(Cursor cursor) {
    return cursor
        .text()
        .flatMap(
            text ->
                switch (text) {
                  case "off" -> Optional.of(LogFormat.OFF);
                  case "text" -> Optional.of(LogFormat.TEXT);
                  case "json" -> Optional.of(LogFormat.JSON);
                  default ->
                      cursor.refuse(
                          Words.quoted(text) + " is none of \"text\", \"json\" and \"off\"");
                });
  }

  /// No limit of its own, `0`, means that `maxBufferedBytes` is the limit, which is fine.
  private void warnAboutLimits(Section file, long maxBodyBytes, long maxBufferedBytes) {
    Cursor budget = file.get("maxBufferedBytes").orElse(file.self());
    if (maxBufferedBytes > heapBytes) {
      budget.warning(
          "maxBufferedBytes (%s) is more than the heap (%s), start java with a larger -Xmx"
              .formatted(Sizes.text(maxBufferedBytes), Sizes.text(heapBytes)));
    }
    if (maxBodyBytes > maxBufferedBytes) {
      file.get("maxBodyBytes")
          .orElse(budget)
          .warning(
              "maxBodyBytes (%s) is more than maxBufferedBytes (%s), larger bodies never fit"
                  .formatted(Sizes.text(maxBodyBytes), Sizes.text(maxBufferedBytes)));
    }
  }
}
