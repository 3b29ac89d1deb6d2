package llmhop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import llmhop.backend.Backend;
import llmhop.config.Endpoint;
import llmhop.config.EnvironmentProxy;
import llmhop.config.Header;
import llmhop.config.Model;
import llmhop.config.Proxy;
import llmhop.config.Scheme;
import llmhop.config.Tls;
import llmhop.http.upstream.ConnectProxy;
import llmhop.http.upstream.Origin;
import llmhop.http.upstream.Resolver;
import llmhop.http.upstream.Settings;
import llmhop.http.upstream.Trust;
import llmhop.http.upstream.Upstream;

/// Makes backends out of what the config says of them.
final class Upstreams {
  private final EnvironmentProxy environment;
  private final Map<Tls, SSLContext> contexts = new HashMap<>();

  Upstreams(EnvironmentProxy environment) {
    this.environment = environment;
  }

  /// The backends of a model, labelled by its name, and numbered where there are several.
  List<Backend> backends(Model model) throws IOException {
    List<Backend> backends = new ArrayList<>();
    for (Endpoint endpoint : model.endpoints()) {
      String number = model.endpoints().size() == 1 ? "" : "#" + (backends.size() + 1);
      Origin origin = origin(endpoint);
      var upstream = new Upstream(origin, settings(model, endpoint, origin), System::nanoTime);
      backends.add(
          new Backend(
              label(model.name()) + number,
              endpoint,
              headers(model, endpoint),
              model.hosted(),
              upstream));
    }
    return backends;
  }

  /// A label goes into a header: what isn't visible ASCII becomes `_`.
  private static String label(String name) {
    return name.replaceAll("[^!-~]", "_");
  }

  private static List<Header> headers(Model model, Endpoint endpoint) {
    List<Header> headers = new ArrayList<>(model.headers());
    headers.addAll(endpoint.headers());
    return headers;
  }

  private static Origin origin(Endpoint endpoint) {
    Origin.Kind kind =
        switch (endpoint.scheme()) {
          case HTTP -> Origin.Kind.HTTP;
          case HTTPS -> Origin.Kind.HTTPS;
          case UNIX -> Origin.Kind.UNIX;
        };
    return new Origin(kind, endpoint.host(), endpoint.port(), endpoint.socketPath());
  }

  private Settings settings(Model model, Endpoint endpoint, Origin origin) throws IOException {
    boolean secure = endpoint.scheme() == Scheme.HTTPS;
    Duration keepAlive = model.keepAlive().orElse(Settings.keepAlive(origin.kind()));
    Optional<SSLContext> context = secure ? Optional.of(context(model)) : Optional.empty();
    Optional<Proxy> proxy =
        model.proxy().or(() -> secure ? environment.forHost(endpoint.host()) : Optional.empty());
    return new Settings(
        model.timeouts().connect(),
        keepAlive,
        context,
        model.tls().serverName(),
        proxy.filter(p -> endpoint.scheme() != Scheme.UNIX).map(Upstreams::connectProxy),
        Resolver.SYSTEM);
  }

  private SSLContext context(Model model) throws IOException {
    Tls tls = model.tls();
    SSLContext known = contexts.get(tls);
    if (known == null) {
      Optional<String> bundle = Optional.ofNullable(System.getenv("SSL_CERT_FILE"));
      try {
        known = Trust.context(tls.ca(), tls.cert(), tls.key(), bundle.filter(s -> !s.isEmpty()));
      } catch (FileSystemException e) {
        String reason = e instanceof NoSuchFileException ? "there is no such file" : e.toString();
        throw new IOException("models." + model.name() + ".tls: " + e.getFile() + ": " + reason, e);
      } catch (IOException e) {
        throw new IOException("models." + model.name() + ".tls: " + e.getMessage(), e);
      }
      contexts.put(tls, known);
    }
    return known;
  }

  private static ConnectProxy connectProxy(Proxy proxy) {
    return new ConnectProxy(
        proxy.host(),
        proxy.port(),
        proxy
            .credentials()
            .map(secret -> secret.reveal().getBytes(StandardCharsets.UTF_8))
            .map(bytes -> "Basic " + Base64.getEncoder().encodeToString(bytes)));
  }
}
