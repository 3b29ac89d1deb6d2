package llmhop.admin;

import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llmhop.route.Exchange;
import llmhop.route.Lifecycle;
import llmhop.route.Local;
import llmhop.route.Routes;
import llmhop.route.Target;

/// Which requests are answered here rather than routed.
public final class Pages implements Local {
  private static final String MODELS = "/v1/models";

  /// The list as llama.cpp and LocalAI have it, too.
  private static final String VERSIONLESS = "/models";

  private final HealthPages health;
  private final StatusPage status;
  private final ModelsApi models;
  private final OllamaApi ollama;

  /// The pages of a router.
  ///
  /// @param lifecycle whether it is about to leave
  /// @param gauges what the status page shows
  /// @param stale whether an older config is in use, since the file can't be used as it is now
  /// @param started when it started; models count as created then
  public Pages(Lifecycle lifecycle, Gauges gauges, BooleanSupplier stale, Instant started) {
    this.health = new HealthPages(lifecycle, stale);
    this.status = new StatusPage(gauges);
    this.models = new ModelsApi(started);
    this.ollama = new OllamaApi(started);
  }

  @Override
  public Optional<Page> find(Exchange exchange, Target target) {
    String path = target.path();
    return switch (exchange.method()) {
      case "POST" -> posted(path);
      case "GET", "HEAD" -> read(path);
      case "OPTIONS" -> options(path);
      default -> Optional.empty();
    };
  }

  /// The lists of the one model that the path names, in place of its engine's.
  @Override
  public Optional<Page> findOfModel(Exchange exchange, Target target, Routes routes) {
    String name = target.routed().orElseThrow();
    String path = target.path();
    Optional<Page> page =
        switch (exchange.method()) {
          case "POST" ->
              path.equals("/api/show") ? Optional.of(ollama.showOf(name)) : Optional.empty();
          case "GET", "HEAD" -> readOfModel(path, name);
          default -> Optional.empty();
        };
    return page.filter(_ -> isListedHere(exchange.method(), path, name, routes));
  }

  private static boolean isListedHere(String method, String path, String name, Routes routes) {
    return routes.find(name).filter(found -> found.route().answersList(method, path)).isPresent();
  }

  private Optional<Page> readOfModel(String path, String name) {
    return switch (path) {
      case MODELS, VERSIONLESS -> Optional.of(models.listOf(name));
      case "/api/tags" -> Optional.of(ollama.tagsOf(name));
      case "/api/ps" -> Optional.of(ollama.runningOf(name));
      default ->
          below(MODELS, path).or(() -> below(VERSIONLESS, path)).map(id -> models.oneOf(name, id));
    };
  }

  private static Optional<String> below(String folder, String path) {
    int slash = folder.length();
    boolean isBelow =
        path.startsWith(folder) && path.length() > slash + 1 && path.charAt(slash) == '/';
    return isBelow ? Optional.of(path.substring(slash + 1)) : Optional.empty();
  }

  /// The methods of a page, or of the router as a whole (RFC 9110 section 9.3.7).
  private Optional<Page> options(String path) {
    if (path.equals("*")) {
      return Optional.of(OptionsPage.OF_SERVER);
    }
    return read(path)
        .<Page>map(page -> new OptionsPage("GET, HEAD, OPTIONS", page.isOpen()))
        .or(() -> posted(path).map(page -> new OptionsPage("POST, OPTIONS", page.isOpen())));
  }

  private Optional<Page> posted(String path) {
    return path.equals("/api/show") ? Optional.of(ollama.show()) : Optional.empty();
  }

  private Optional<Page> read(String path) {
    return switch (path) {
      case "/" -> Optional.of(new FrontPage());
      case "/health" -> Optional.of(health.health());
      case "/ready" -> Optional.of(health.ready());
      case "/llmhop/status" -> Optional.of(status.page());
      case MODELS -> Optional.of(models.list());
      case "/api/tags" -> Optional.of(ollama.tags());
      case "/api/ps" -> Optional.of(ollama.running());
      case "/api/version" -> Optional.of(ollama.version());
      default -> below(MODELS, path).map(models::one);
    };
  }
}
