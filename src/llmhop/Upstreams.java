package llmhop;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
import llmhop.backend.Surroundings;
import llmhop.config.Endpoint;
import llmhop.config.EnvironmentProxy;
import llmhop.config.Header;
import llmhop.config.Model;
import llmhop.config.Proxy;
import llmhop.config.Scheme;
import llmhop.config.Sha256;
import llmhop.config.Tls;
import llmhop.http.upstream.ConnectProxy;
import llmhop.http.upstream.Origin;
import llmhop.http.upstream.Resolver;
import llmhop.http.upstream.Settings;
import llmhop.http.upstream.Trust;
import llmhop.http.upstream.Upstream;
import llmhop.http.wire.Pem;
import llmhop.route.Route;

/// Makes backends out of what the config says of them.
final class Upstreams {
  private final EnvironmentProxy environment;
  private final Map<Tls, Known> contexts = new HashMap<>();
  private final Map<Tls, Known> before;

  /// TLS made ready, and the contents of the files that it was made of, where the config names any.
  private record Known(List<Sha256> files, SSLContext context) {}

  /// A name's one address.
  private record At(InetAddress address) implements Resolver {
    @Override
    public List<InetAddress> resolve(String host) {
      return List.of(address);
    }
  }

  private Upstreams(EnvironmentProxy environment, Map<Tls, Known> before) {
    this.environment = environment;
    this.before = before;
  }

  /// Those of a first config.
  static Upstreams first(EnvironmentProxy environment) {
    return new Upstreams(environment, Map.of());
  }

  /// Those of the config after this one's: TLS goes on where its files are the same.
  Upstreams next() {
    return new Upstreams(environment, Map.copyOf(contexts));
  }

  /// Opens the files that a model's TLS needs.
  ///
  /// @throws IOException naming the one that can't be used
  void prepare(Model model) throws IOException {
    if (isSecure(model)) {
      context(model);
    }
  }

  /// Whether a model that is the same in the config before has the same TLS, too: its files may
  /// have changed.
  boolean areAsBefore(Model model) {
    return !isSecure(model)
        || before.containsKey(model.tls())
            && before.get(model.tls()).context().equals(contexts.get(model.tls()).context());
  }

  /// The backends of a model that is prepared, labelled by its name, and numbered where there are
  /// several.
  ///
  /// @param before those that the model had under the config before
  Fleet fleet(Model model, Surroundings around, Optional<Fleet> before) {
    Optional<SSLContext> context =
        isSecure(model) ? Optional.of(contexts.get(model.tls()).context()) : Optional.empty();
    Backend.Maker maker =
        (number, endpoint, address, watch, predecessors) -> {
          String where = address(endpoint, address);
          Optional<Backend> predecessor = predecessors.take(where);
          Origin origin = origin(endpoint);
          Resolver resolver = address.isPresent() ? new At(address.get()) : around.resolver();
          Settings settings = settings(model, endpoint, origin, context, resolver);
          boolean goesOn =
              predecessor.isPresent() && predecessor.get().upstream().isLike(origin, settings);
          return new Backend(
              Route.label(model.name()) + (number == 0 ? "" : "#" + number),
              endpoint,
              where,
              headers(model, endpoint),
              model.hosted(),
              goesOn
                  ? predecessor.get().upstream()
                  : new Upstream(origin, settings, around.nanos(), around.memory()),
              watch,
              predecessor);
        };
    return new Fleet(model, maker, around, before);
  }

  private static boolean isSecure(Model model) {
    for (Endpoint endpoint : model.endpoints()) {
      if (endpoint.scheme() == Scheme.HTTPS) return true;
    }
    return false;
  }

  /// What tells a backend from others on all routers alike.
  private static String address(Endpoint endpoint, Optional<InetAddress> address) {
    String url = endpoint.toString() + endpoint.path();
    return address.isEmpty() ? url : url + "@" + address.get().getHostAddress();
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

  private void context(Model model) throws IOException {
    Tls tls = model.tls();
    if (contexts.containsKey(tls)) {
      return;
    }
    Optional<String> bundle = Optional.ofNullable(System.getenv("SSL_CERT_FILE"));
    try {
      // Taken before they are used: what changes meanwhile is another content the next time.
      List<Sha256> files = contents(tls);
      Known known = before.get(tls);
      if (known == null || !known.files.equals(files)) {
        var usual = bundle.filter(s -> !s.isEmpty());
        known = new Known(files, Trust.context(tls.ca(), tls.cert(), tls.key(), usual));
      }
      contexts.put(tls, known);
    } catch (FileSystemException e) {
      String reason = e instanceof NoSuchFileException ? "there is no such file" : e.toString();
      throw new IOException("models." + model.name() + ".tls: " + e.getFile() + ": " + reason, e);
    } catch (IOException e) {
      throw new IOException("models." + model.name() + ".tls: " + e.getMessage(), e);
    }
  }

  private static List<Sha256> contents(Tls tls) throws IOException {
    List<Sha256> contents = new ArrayList<>();
    for (Path file : tls.files()) {
      Pem.check(file);
      contents.add(Sha256.of(Files.readAllBytes(file)));
    }
    return contents;
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
