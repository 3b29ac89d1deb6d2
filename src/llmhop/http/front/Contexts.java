package llmhop.http.front;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The contexts of an [HttpServer]: the longest path that a request's path begins with has it, with
/// its filters and its authenticator. Shared by all connections.
final class Contexts implements HttpHandler {
  private final HttpServer server;
  private final Map<String, Context> contexts = new ConcurrentHashMap<>();

  Contexts(HttpServer server) {
    this.server = server;
  }

  HttpContext add(String path, Optional<HttpHandler> handler) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("a context's path begins with '/'");
    }
    var context = new Context(server, path);
    handler.ifPresent(context::setHandler);
    if (contexts.putIfAbsent(path, context) != null) {
      throw new IllegalArgumentException("there is a context of that path already");
    }
    return context;
  }

  void remove(String path) {
    if (contexts.remove(path) == null) {
      throw new IllegalArgumentException("there is no context of that path");
    }
  }

  private Optional<Context> find(String path) {
    Context found = null;
    for (Context context : contexts.values()) {
      boolean longer = found == null || context.path.length() > found.path.length();
      if (longer && path.startsWith(context.path)) {
        found = context;
      }
    }
    return Optional.ofNullable(found);
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    Optional<Context> context = find(exchange.getRequestURI().getPath());
    if (context.isEmpty() || context.get().handler == null) {
      exchange.sendResponseHeaders(404, -1);
      exchange.close();
      return;
    }
    if (exchange instanceof FrontExchange front) {
      front.context(context.get());
    }
    List<Filter> filters = new ArrayList<>();
    if (context.get().authenticator != null) {
      filters.add(new Authentication(context.get().authenticator));
    }
    filters.addAll(context.get().filters);
    new Filter.Chain(filters, context.get().handler).doFilter(exchange);
  }

  /// Asks an authenticator before anything else.
  private static final class Authentication extends Filter {
    private final Authenticator authenticator;

    Authentication(Authenticator authenticator) {
      this.authenticator = authenticator;
    }

    @Override
    public void doFilter(HttpExchange exchange, Chain chain) throws IOException {
      switch (authenticator.authenticate(exchange)) {
        case Authenticator.Success known -> {
          if (exchange instanceof FrontExchange front) {
            front.principal(known.getPrincipal());
          }
          chain.doFilter(exchange);
        }
        case Authenticator.Retry again -> refuse(exchange, again.getResponseCode());
        case Authenticator.Failure no -> refuse(exchange, no.getResponseCode());
        default -> throw new IllegalStateException("an unknown result of an authenticator");
      }
    }

    private static void refuse(HttpExchange exchange, int status) throws IOException {
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    }

    @Override
    public String description() {
      return "Authentication";
    }
  }

  private static final class Context extends HttpContext {
    private final HttpServer server;
    private final String path;
    private final Map<String, Object> attributes = new HashMap<>();
    private final List<Filter> filters = new ArrayList<>();
    private volatile HttpHandler handler;
    private volatile Authenticator authenticator;

    Context(HttpServer server, String path) {
      this.server = server;
      this.path = path;
    }

    @Override
    public HttpHandler getHandler() {
      return handler;
    }

    @Override
    public void setHandler(HttpHandler next) {
      if (handler != null || next == null) {
        throw new IllegalArgumentException("a context gets one handler");
      }
      handler = next;
    }

    @Override
    public String getPath() {
      return path;
    }

    @Override
    public HttpServer getServer() {
      return server;
    }

    @Override
    public Map<String, Object> getAttributes() {
      return attributes;
    }

    @Override
    public List<Filter> getFilters() {
      return filters;
    }

    @Override
    public Authenticator setAuthenticator(Authenticator next) {
      Authenticator before = authenticator;
      authenticator = next;
      return before;
    }

    @Override
    public Authenticator getAuthenticator() {
      return authenticator;
    }
  }
}
