package llmhop.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llmhop.json.Json;

/// Reads how a model's backends share its requests and are known to be well.
final class FleetReader {
  static final List<String> BALANCE_KEYS = List.of("policy", "bytes", "keys");
  static final List<String> HEALTH_KEYS = List.of("path", "every", "timeout", "down", "up");
  static final List<String> LOAD_KEYS = List.of("from", "every");
  private static final List<String> POLICIES =
      List.of("least-busy", "round-robin", "power-of-two", "prefix", "session");
  private static final String HEADER = "header:";
  private static final String BODY = "body:";
  private static final int MOST_COUNT = 100;
  private static final int LONGEST_NAME = 128;

  private FleetReader() {}

  /// @param kind what answers, whose pages are asked where no others are named
  static FleetRules read(Section model, Optional<Kind> kind) {
    FleetRules otherwise = FleetRules.DEFAULT;
    boolean refuse = model.get("whenAllDown").flatMap(FleetReader::refuses).orElse(false);
    Optional<Duration> wait = model.get("waitForBackend").flatMap(Durations::readLimit);
    if (wait.isPresent() && model.has("whenAllDown")) {
      model
          .get("whenAllDown")
          .ifPresent(c -> c.problem("\"waitForBackend\" says it already, keep one of the two"));
    }
    return new FleetRules(
        model.get("balance").flatMap(FleetReader::balance).orElse(otherwise.balance()),
        model.get("health").flatMap(c -> health(c, kind)),
        model.get("load").flatMap(c -> load(c, model, kind)),
        model.get("slowStart").flatMap(Durations::read).orElse(otherwise.slowStart()),
        refuse,
        wait);
  }

  private static Optional<Boolean> refuses(Cursor cursor) {
    return cursor
        .text()
        .flatMap(
            text ->
                switch (text) {
                  case "try" -> Optional.of(false);
                  case "refuse" -> Optional.of(true);
                  default ->
                      cursor.refuse(Words.quoted(text) + " is neither \"try\" nor \"refuse\"");
                });
  }

  /// A policy's name, or an object with the name and what it is to go by.
  private static Optional<Balance> balance(Cursor cursor) {
    return switch (cursor.json()) {
      case Json.Str name -> policy(cursor, name.value(), Optional.empty(), Optional.empty());
      case Json.Obj _ -> cursor.section(BALANCE_KEYS).flatMap(FleetReader::balance);
      case Json.Arr _, Json.Num _, Json.Bool _, Json.Null _ ->
          cursor.wrongKind("a policy's name, or an object with \"policy\"");
    };
  }

  private static Optional<Balance> balance(Section section) {
    if (!section.has("policy")) {
      return section.self().refuse("has no \"policy\"");
    }
    Cursor policy = section.get("policy").orElseThrow();
    return policy
        .text()
        .flatMap(name -> policy(policy, name, section.get("bytes"), section.get("keys")));
  }

  private static Optional<Balance> policy(
      Cursor policy, String name, Optional<Cursor> bytes, Optional<Cursor> keys) {
    if (!name.equals("prefix")) {
      bytes.ifPresent(c -> c.problem("only \"prefix\" goes by bytes"));
    }
    if (!name.equals("session")) {
      keys.ifPresent(c -> c.problem("only \"session\" goes by keys"));
    }
    return switch (name) {
      case "least-busy" -> Optional.of(new Balance.LeastBusy());
      case "round-robin" -> Optional.of(new Balance.RoundRobin());
      case "power-of-two" -> Optional.of(new Balance.PowerOfTwo());
      case "prefix" ->
          Optional.of(
              new Balance.Prefix(bytes.map(FleetReader::bytes).orElse(Balance.Prefix.USUAL_BYTES)));
      case "session" ->
          Optional.of(
              new Balance.Session(keys.map(FleetReader::keys).orElse(Balance.Session.USUAL)));
      default -> policy.refuse(unknown(name));
    };
  }

  private static String unknown(String name) {
    String hint =
        Nearest.nearest(name, POLICIES)
            .map(nearest -> ", did you mean " + Words.quoted(nearest) + "?")
            .orElse(", there are " + String.join(", ", POLICIES));
    return Words.quoted(name) + " is no policy" + hint;
  }

  private static int bytes(Cursor cursor) {
    Optional<Long> bytes = Sizes.read(cursor);
    if (bytes.isPresent() && (bytes.get() < 1 || bytes.get() > Balance.Prefix.MOST_BYTES)) {
      cursor.problem("must be 1 to 64KiB");
      return Balance.Prefix.USUAL_BYTES;
    }
    return bytes.map(Long::intValue).orElse(Balance.Prefix.USUAL_BYTES);
  }

  private static List<Balance.Key> keys(Cursor cursor) {
    List<Balance.Key> keys = new ArrayList<>();
    List<Cursor> items =
        cursor.items(
            "a list like [\"header:X-Session-ID\", \"body:user\"]",
            "an empty list, leave the key out for the usual ones");
    for (Cursor item : items) {
      item.parsed(FleetReader::key).ifPresent(keys::add);
    }
    if (keys.size() > Balance.Session.MOST_KEYS) {
      cursor.problem("at most " + Balance.Session.MOST_KEYS + " keys");
    }
    boolean fits = !keys.isEmpty() && keys.size() <= Balance.Session.MOST_KEYS;
    return fits ? keys : Balance.Session.USUAL;
  }

  private static Balance.Key key(String text) {
    boolean header = text.startsWith(HEADER);
    Checks.that(
        header || text.startsWith(BODY), "write it \"header:NAME\" or \"body:NAME\", with a name");
    String name = text.substring(header ? HEADER.length() : BODY.length());
    Checks.that(
        !name.isEmpty() && name.length() <= LONGEST_NAME && Words.isVisible(name),
        "a name is 1 to " + LONGEST_NAME + " visible ASCII characters");
    Checks.that(!name.equals("model"), "the model is the same for all of them");
    return new Balance.Key(header, name);
  }

  private static Optional<HealthCheck> health(Cursor cursor, Optional<Kind> kind) {
    return cursor.section(HEALTH_KEYS).flatMap(health -> health(health, kind));
  }

  private static Optional<HealthCheck> health(Section health, Optional<Kind> kind) {
    HealthCheck otherwise = HealthCheck.DEFAULT;
    String usual = kind.map(Kind::healthPath).orElse(otherwise.path());
    Duration every = every(health).orElse(otherwise.every());
    return Optional.of(
        new HealthCheck(
            health.get("path").flatMap(FleetReader::path).orElse(usual),
            every,
            health
                .get("timeout")
                .flatMap(Durations::readLimit)
                .orElse(every.compareTo(otherwise.timeout()) < 0 ? every : otherwise.timeout()),
            count(health, "down").orElse(otherwise.down()),
            count(health, "up").orElse(otherwise.up())));
  }

  private static Optional<String> path(Cursor cursor) {
    return cursor.parsed(
        text -> {
          Checks.that(text.startsWith("/"), "a path begins with /");
          Checks.that(
              Words.isVisible(text) && text.indexOf('#') < 0,
              "a path is visible ASCII, percent-encode the rest");
          Checks.that(
              !text.contains("health_generate"),
              "this one runs a generation each time, take \"/health\"");
          return text;
        });
  }

  private static Optional<Integer> count(Section section, String key) {
    return section.get(key).flatMap(c -> c.wholeNumber(1, MOST_COUNT)).map(Long::intValue);
  }

  private static Optional<Duration> every(Section section) {
    return section.get("every").flatMap(FleetReader::every);
  }

  static Optional<Duration> every(Cursor cursor) {
    Optional<Duration> every = Durations.readLimit(cursor);
    return every.isPresent() && every.get().compareTo(HealthCheck.LEAST_EVERY) < 0
        ? cursor.refuse("must be at least 100ms")
        : every;
  }

  private static Optional<LoadSource> load(Cursor cursor, Section model, Optional<Kind> kind) {
    Optional<Cursor> balance = model.get("balance");
    boolean used = true;
    if (balance.isPresent()) {
      Json json = balance.get().json();
      Json policy = json instanceof Json.Obj object ? object.get("policy").orElse(json) : json;
      used =
          !(policy instanceof Json.Str name)
              || name.value().equals("least-busy")
              || name.value().equals("power-of-two");
    }
    if (!used) {
      cursor.warning("only \"least-busy\" and \"power-of-two\" go by it");
    }
    return cursor.section(LOAD_KEYS).flatMap(load -> load(load, kind));
  }

  private static Optional<LoadSource> load(Section load, Optional<Kind> kind) {
    Duration every = every(load).orElse(LoadSource.USUAL_EVERY);
    if (!load.has("from")) {
      Optional<LoadSource.Engine> known = kind.flatMap(Kind::load);
      if (known.isPresent()) {
        return known.map(engine -> new LoadSource(engine, every));
      }
      return load.self().refuse("has no \"from\", say \"vllm\", \"sglang\" or \"llamacpp\"");
    }
    Cursor from = load.get("from").orElseThrow();
    return from.text().flatMap(name -> engine(from, name)).map(e -> new LoadSource(e, every));
  }

  private static Optional<LoadSource.Engine> engine(Cursor cursor, String name) {
    return switch (name) {
      case "vllm" -> Optional.of(LoadSource.Engine.VLLM);
      case "sglang" -> Optional.of(LoadSource.Engine.SGLANG);
      case "llamacpp" -> Optional.of(LoadSource.Engine.LLAMACPP);
      default ->
          cursor.refuse(Words.quoted(name) + " is none of \"vllm\", \"sglang\" and \"llamacpp\"");
    };
  }
}
