package llmhop;

import java.io.IOException;
import java.net.InetAddress;
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
import llmhop.backend.Fleet;
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
import llmhop.route.Route;

/// Makes backends out of what the config says of them.
final class Upstreams {
  private final EnvironmentProxy environment;
  private final Map<Tls, SSLContext> contexts = new HashMap<>();

  Upstreams(EnvironmentProxy environment) {
    this.environment = environment;
  }

  /// The backends of a model, labelled by its name, and numbered where there are several.
  Fleet fleet(Model model, Fleet.Surroundings around) throws IOException {
    // Before a name is looked up, so that what is wrong is found at the start.
    Optional<SSLContext> context = isSecure(model) ? Optional.of(context(model)) : Optional.empty();
    Fleet.Maker maker =
        (number, endpoint, address, watch) -> {
          Origin origin = origin(endpoint);
          Resolver resolver = address.isPresent() ? _ -> List.of(address.get()) : around.resolver();
          Settings settings = settings(model, endpoint, origin, context, resolver);
          return new Backend(
              Route.label(model.name()) + (number == 0 ? "" : "#" + number),
              endpoint,
              address(endpoint, address),
              headers(model, endpoint),
              model.hosted(),
              new Upstream(origin, settings, around.nanos()),
              watch);
        };
    return new Fleet(model, maker, around);
  }

  private static boolean isSecure(Model model) {
    for (Endpoint endpoint : model.endpoints()) {
      if (endpoint.scheme() == Scheme.HTTPS) return true;
    }
    return false;
  }

  /// What tells a backend from others on all routers alike.
  private static String address(Endpoint endpoint, Optional<InetAddress> address) {
    String place = endpoint.toString() + endpoint.path();
    return address.isEmpty() ? place : place + "@" + address.get().getHostAddress();
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

  private Settings settings(
      Model model,
      Endpoint endpoint,
      Origin origin,
      Optional<SSLContext> context,
      Resolver resolver) {
    boolean secure = endpoint.scheme() == Scheme.HTTPS;
    Duration keepAlive = model.keepAlive().orElse(Settings.keepAlive(origin.kind()));
    // What a proxy would look up by itself is no longer one of the name's addresses.
    boolean through = secure && !endpoint.discovered();
    Optional<Proxy> proxy =
        model.proxy().or(() -> through ? environment.forHost(endpoint.host()) : Optional.empty());
    return new Settings(
        model.timeouts().connect(),
        keepAlive,
        secure ? context : Optional.empty(),
        model.tls().serverName(),
        proxy.filter(p -> endpoint.scheme() != Scheme.UNIX).map(Upstreams::connectProxy),
        resolver);
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
