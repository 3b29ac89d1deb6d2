package llmhop.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import llmhop.json.Json;

/// Reads where a model is served: exactly one of `url`, `urls` and `baseUrl`.
final class EndpointsReader {
  private static final List<String> WAYS = List.of("url", "urls", "baseUrl");
  static final List<String> KEYS = List.of("url", "weight", "headers", "maxConcurrent");
  // Enough for one request in a thousand, and sums of them stay small.
  private static final int MAX_WEIGHT = 1000;

  // More servers of one model than that are a template gone wrong.
  private static final int MOST_ENDPOINTS = 1024;

  private final Secrets secrets;

  EndpointsReader(Secrets secrets) {
    this.secrets = secrets;
  }

  /// Empty when something was reported.
  List<Endpoint> read(Section model) {
    List<String> given = new ArrayList<>(WAYS);
    given.removeIf(way -> !model.has(way));
    if (given.isEmpty()) {
      model.self().problem("nothing says where it is served, give it a \"url\"");
      return List.of();
    }
    for (String second : given.subList(1, given.size())) {
      model
          .get(second)
          .ifPresent(
              c -> c.problem(Words.quoted(given.get(0)) + " is given already, keep one of them"));
    }
    List<Endpoint> endpoints = new ArrayList<>();
    model.get("url").flatMap(this::single).ifPresent(endpoints::add);
    model.get("baseUrl").flatMap(this::base).ifPresent(endpoints::add);
    model.get("urls").map(this::several).ifPresent(endpoints::addAll);
    return endpoints;
  }

  private Optional<Endpoint> single(Cursor cursor) {
    return url(cursor).map(url -> endpoint(url, false, 1, List.of(), OptionalInt.empty()));
  }

  private Optional<Endpoint> base(Cursor cursor) {
    Optional<BackendUrl> url = url(cursor);
    if (url.isPresent() && url.get().scheme() == Scheme.UNIX) {
      return cursor.refuse("a Unix socket has no path for /v1, write it as \"url\"");
    }
    return url.map(found -> endpoint(found, true, 1, List.of(), OptionalInt.empty()));
  }

  private List<Endpoint> several(Cursor cursor) {
    List<Endpoint> endpoints = new ArrayList<>();
    Map<Endpoint, Cursor> seen = new HashMap<>();
    for (Cursor item : cursor.items("a list of URLs", "an empty list, name at least one URL")) {
      Optional<Endpoint> endpoint = entry(item);
      endpoint.ifPresent(endpoints::add);
      endpoint.filter(e -> !BackendUrl.isStandIn(e)).ifPresent(e -> warnOfTwin(seen, e, item));
    }
    if (endpoints.size() > MOST_ENDPOINTS) {
      cursor.problem("at most " + MOST_ENDPOINTS + " URLs");
    }
    return endpoints;
  }

  private static void warnOfTwin(Map<Endpoint, Cursor> seen, Endpoint endpoint, Cursor item) {
    Cursor first = seen.putIfAbsent(endpoint, item);
    if (first != null) {
      item.warning("the same as " + first.place() + ", a \"weight\" says this better");
    }
  }

  private Optional<Endpoint> entry(Cursor item) {
    return switch (item.json()) {
      case Json.Str _ -> single(item);
      case Json.Obj _ -> item.section(KEYS).flatMap(this::weighted);
      case Json.Arr _, Json.Num _, Json.Bool _, Json.Null _ ->
          item.wrongKind("a URL as a string, or an object with \"url\" and \"weight\"");
    };
  }

  private Optional<Endpoint> weighted(Section section) {
    long weight = section.get("weight").flatMap(c -> c.wholeNumber(1, MAX_WEIGHT)).orElse(1L);
    List<Header> headers =
        section.get("headers").map(c -> HeadersReader.read(c, secrets)).orElse(List.of());
    OptionalInt maxConcurrent = LimitsReader.maxConcurrent(section);
    if (!section.has("url")) {
      return section.self().refuse("has no \"url\"");
    }
    return section
        .get("url")
        .flatMap(this::url)
        .map(url -> endpoint(url, false, (int) weight, headers, maxConcurrent));
  }

  private static Endpoint endpoint(
      BackendUrl url,
      boolean replacesV1,
      int weight,
      List<Header> headers,
      OptionalInt maxConcurrent) {
    return new Endpoint(
        url.scheme(),
        url.host(),
        url.port(),
        url.socketPath(),
        url.path(),
        replacesV1,
        url.discovered(),
        weight,
        headers,
        maxConcurrent);
  }

  private Optional<BackendUrl> url(Cursor cursor) {
    return cursor
        .secret(secrets)
        .flatMap(
            secret ->
                cursor.parsed(
                    secret.outline(), secret.isOpen() ? BackendUrl::standIn : BackendUrl::parse));
  }
}
