package llmhop.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiConsumer;

/// Reads one entry of `models`.
final class ModelReader {
  static final List<String> KEYS =
      List.of(
          "url",
          "urls",
          "baseUrl",
          "headers",
          "unlisted",
          "aliases",
          "rename",
          "adapters",
          "kind",
          "allowPaths",
          "denyPaths",
          "tls",
          "proxy",
          "keepAlive",
          "hosted",
          "timeouts",
          "balance",
          "health",
          "load",
          "slowStart",
          "whenAllDown",
          "waitForBackend",
          "retries",
          "fallback",
          "catalog",
          "maxConcurrent",
          "queue",
          "heartbeat");
  static final List<String> TIMEOUT_KEYS = List.of("connect", "send", "firstByte", "idle", "total");

  private final ModelNames names;
  private final Secrets secrets;
  private final Fallbacks fallbacks;

  ModelReader(ModelNames names, Secrets secrets, Fallbacks fallbacks) {
    this.names = names;
    this.secrets = secrets;
    this.fallbacks = fallbacks;
  }

  /// Empty when it was reported that no model can be made of it.
  Optional<Model> read(String name, Cursor cursor) {
    if (cursor.parsed(name, ModelNames::key).isPresent()) {
      names.claimKey(name, cursor);
    }
    return cursor.section(KEYS).flatMap(model -> read(name, model));
  }

  private Optional<Model> read(String name, Section model) {
    List<Endpoint> endpoints = new EndpointsReader(secrets).read(model);
    List<Header> headers =
        model.get("headers").map(c -> HeadersReader.read(c, secrets)).orElse(List.of());
    List<String> aliases = names(model, "aliases", names::claimAlias);
    Optional<String> rename = model.get("rename").flatMap(c -> rename(name, c));
    checkAliases(name, model);
    checkAny(name, model);
    List<String> adapters = names(model, "adapters", names::claimAdapter);
    PathRules paths = PathsReader.read(model);
    Tls tls = model.get("tls").map(c -> TlsReader.read(c, endpoints)).orElse(Tls.NONE);
    Optional<Proxy> proxy = model.get("proxy").flatMap(c -> proxy(c, endpoints));
    Optional<Duration> keepAlive = model.get("keepAlive").flatMap(Durations::read);
    Timeouts timeouts = model.get("timeouts").map(ModelReader::timeouts).orElse(Timeouts.DEFAULT);
    boolean unlisted = flag(model, "unlisted");
    boolean hosted = flag(model, "hosted");
    FleetRules fleet = FleetReader.read(model, paths.kind());
    Failover failover = failover(name, model);
    Optional<Duration> catalog = model.get("catalog").flatMap(ModelReader::catalog);
    ModelLimits limits = LimitsReader.model(model, endpoints);
    boolean unasked = name.equals(Model.ANY) && catalog.isEmpty();
    if (name.isEmpty() || endpoints.isEmpty() || unasked) {
      return Optional.empty();
    }
    return Optional.of(
        new Model(
            name, endpoints, headers, unlisted, aliases, rename, adapters, paths, tls, proxy,
            keepAlive, hosted, timeouts, fleet, failover, catalog, limits));
  }

  private Failover failover(String name, Section model) {
    Optional<Long> retries =
        model.get("retries").flatMap(c -> c.wholeNumber(0, Failover.MOST_RETRIES));
    List<String> fallback =
        model.get("fallback").map(c -> fallbacks.read(name, c)).orElse(List.of());
    return new Failover(
        retries.map(most -> OptionalInt.of(most.intValue())).orElse(OptionalInt.empty()), fallback);
  }

  /// Asking more often than each second finds nothing new.
  private static Optional<Duration> catalog(Cursor cursor) {
    Optional<Duration> every = Durations.readLimit(cursor);
    return every.isPresent() && every.get().compareTo(Duration.ofSeconds(1)) < 0
        ? cursor.refuse("must be at least 1s")
        : every;
  }

  /// What its backends list is all that is known of the names of `*`.
  private static void checkAny(String name, Section model) {
    if (!name.equals(Model.ANY)) {
      return;
    }
    if (!model.has("catalog")) {
      model
          .self()
          .problem(
              "\"*\" takes the names that its backends list, say how often to ask: \"catalog\"");
    }
    for (String key : List.of("aliases", "adapters", "rename")) {
      model
          .get(key)
          .ifPresent(c -> c.problem("\"*\" passes the names of its backends as they are"));
    }
  }

  private static boolean flag(Section model, String key) {
    return model.get(key).flatMap(Cursor::flag).orElse(false);
  }

  private static List<String> names(Section model, String key, BiConsumer<String, Cursor> claim) {
    List<String> found = new ArrayList<>();
    for (Cursor item : items(model, key, "a list of names")) {
      item.parsed(ModelNames::plain)
          .ifPresent(
              name -> {
                claim.accept(name, item);
                found.add(name);
              });
    }
    return found;
  }

  private static List<Cursor> items(Section model, String key, String expected) {
    return model
        .get(key)
        .map(cursor -> cursor.items(expected, "an empty list, leave the key out"))
        .orElse(List.of());
  }

  private static Optional<String> rename(String name, Cursor cursor) {
    Optional<String> rename = cursor.text();
    if (rename.isEmpty() || !rename.get().equals("*")) {
      return rename.flatMap(text -> cursor.parsed(text, ModelNames::plain));
    }
    return name.endsWith("/*") || name.equals(Model.ANY)
        ? rename
        : cursor.refuse("\"*\" cuts off a prefix, this model's name doesn't end in \"/*\"");
  }

  /// An alias is sent as the `rename` or as the model's key, and `meta/*` is no name to send.
  private static void checkAliases(String name, Section model) {
    boolean renamed =
        model.get("rename").flatMap(Cursor::text).filter(text -> !text.equals("*")).isPresent();
    if (name.endsWith("/*") && !renamed) {
      model
          .get("aliases")
          .ifPresent(c -> c.problem("a \"/*\" model has no one name to send, add a \"rename\""));
    }
  }

  private Optional<Proxy> proxy(Cursor cursor, List<Endpoint> endpoints) {
    if (!endpoints.isEmpty() && endpoints.stream().allMatch(e -> e.scheme() == Scheme.UNIX)) {
      cursor.warning("has no effect on Unix sockets");
    }
    for (Endpoint endpoint : endpoints) {
      if (endpoint.discovered()) {
        return cursor.refuse("a proxy looks names up by itself, drop the \"dns+\" or the proxy");
      }
    }
    return cursor
        .secret(secrets)
        .flatMap(
            secret ->
                cursor.parsed(
                    secret.outline(), secret.isOpen() ? ProxyUrl::standIn : ProxyUrl::parse));
  }

  private static Timeouts timeouts(Cursor cursor) {
    return cursor.section(TIMEOUT_KEYS).map(ModelReader::timeouts).orElse(Timeouts.DEFAULT);
  }

  private static Timeouts timeouts(Section timeouts) {
    return new Timeouts(
        limit(timeouts, "connect").orElse(Timeouts.DEFAULT.connect()),
        limit(timeouts, "firstByte"),
        limit(timeouts, "idle"),
        limit(timeouts, "total"),
        limit(timeouts, "send").orElse(Timeouts.DEFAULT.send()));
  }

  private static Optional<Duration> limit(Section timeouts, String key) {
    return timeouts.get(key).flatMap(Durations::readLimit);
  }
}
