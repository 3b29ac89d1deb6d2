package llmhop.route;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import llmhop.backend.Backend;
import llmhop.caller.Gate;
import llmhop.config.AddressRange;
import llmhop.config.Header;
import llmhop.http.wire.Fields;
import llmhop.http.wire.NameSet;

/// Which fields go through the router, either way (RFC 9110 section 7.6.1).
final class ForwardedFields {
  /// What is true of one connection only, in both directions.
  private static final List<String> HOP_BY_HOP =
      List.of(
          "Connection",
          "Keep-Alive",
          "Proxy-Authenticate",
          "Proxy-Authorization",
          "Proxy-Authentication-Info",
          "Proxy-Connection",
          "TE",
          "Trailer",
          "Transfer-Encoding",
          "Upgrade");

  /// Fields by which a server or a framework takes another path or method than those of the request
  /// line, which the router has judged:
  /// - `X-Forwarded-Prefix`: LocalAI cuts it off the path (`StripPathPrefix`).
  /// - `SCRIPT_NAME`, `PATH_INFO`: gunicorn takes them from its own machine (`forwarder_headers`).
  /// - `X-Original-URL`, `X-Rewrite-URL`: IIS, and frameworks that follow it.
  /// - the others: `method-override` of Express, Rails, ASP.NET.
  private static final List<String> OVERRIDES =
      List.of(
          "X-Forwarded-Prefix",
          "X-Script-Name",
          "Script-Name",
          "Path-Info",
          "X-Original-URL",
          "X-Rewrite-URL",
          "X-HTTP-Method-Override",
          "X-HTTP-Method",
          "X-Method-Override");

  /// Hop-by-hop fields, fields that the router sets or consumes, and [#OVERRIDES].
  private static final NameSet NOT_OF_REQUESTS =
      names(
          joined(HOP_BY_HOP, OVERRIDES),
          "Host",
          "Content-Length",
          "Expect",
          "X-Request-Id",
          "HTTP2-Settings");

  /// That, and what the router says itself.
  private static final NameSet NOT_OF_ANSWERS =
      names(
          HOP_BY_HOP,
          "Content-Length",
          "X-Request-Id",
          "X-LLMhop-Backend",
          "X-LLMhop-Model",
          "X-LLMhop-Error");

  private static final NameSet FORWARDED = names(List.of(), "Forwarded", "X-Real-IP");

  private static final NameSet PRIVATE = names(List.of(), "Cookie", "Via", "Referer", "Origin");

  private static final NameSet CREDENTIALS = names(Gate.CREDENTIAL_FIELDS);

  /// What most clients say.
  private static final List<String> KEEP_ALIVE = List.of("keep-alive");

  /// What tells how to read the body can't be talked away: we judged the body by it.
  private static final NameSet DESCRIBES_BODY =
      names(List.of(), "Content-Type", "Content-Encoding");

  private final String via;

  /// @param via what we add to the names of those that forwarded a request
  ForwardedFields(String via) {
    this.via = via;
  }

  private static List<String> joined(List<String> names, List<String> others) {
    List<String> all = new ArrayList<>(names);
    all.addAll(others);
    return all;
  }

  private static NameSet names(List<String> names, String... more) {
    return NameSet.of(joined(names, List.of(more)));
  }

  /// The fields of a request for a backend, in the order they came, the model's own last.
  ///
  /// @param routes whom we trust, and whether the caller's credential was meant for us
  /// @param requestId the id for this attempt
  Fields request(Exchange exchange, Backend backend, Routes routes, String requestId) {
    boolean takesCredentials = routes.gate().takesCredentials();
    boolean trusted = isTrusted(exchange.peer(), routes.rules().trustedProxies());
    Set<String> perConnection = perConnection(exchange.fields());
    var out = new Fields();
    for (Fields.Field field : exchange.fields()) {
      boolean underscored = field.name().indexOf('_') >= 0;
      // Some servers take `_` for `-`, as CGI and WSGI servers do (RFC 3875 section 4.1.18).
      String name = underscored ? field.name().replace('_', '-') : field.name();
      boolean dropped =
          NOT_OF_REQUESTS.contains(name)
              || isIn(perConnection, field.name())
              || ((takesCredentials || backend.hosted()) && CREDENTIALS.contains(name))
              || ((!trusted || backend.hosted() || underscored) && saysWhoCalled(name))
              || (backend.hosted() && isPrivate(name))
              || (underscored && isSetFor(backend, name));
      if (!dropped) {
        out.add(field.name(), field.value());
      }
    }
    if (!backend.hosted()) {
      addForwarded(exchange, trusted, out);
      out.add("Via", via);
    }
    out.add("X-Request-Id", requestId);
    backend.headers().forEach(header -> out.set(header.name(), header.value().reveal()));
    return out;
  }

  /// Whether the model's config sets this field.
  private static boolean isSetFor(Backend backend, String name) {
    for (Header header : backend.headers()) {
      if (header.name().equalsIgnoreCase(name)) return true;
    }
    return false;
  }

  /// What proxies say of callers: only proxies that the operator trusts may.
  private static boolean saysWhoCalled(String name) {
    int initial = name.charAt(0) | 0x20;
    if (initial != 'x' && initial != 'f') {
      return false;
    }
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.startsWith("x-forwarded") || FORWARDED.contains(lower);
  }

  /// What a hosted backend has no business knowing about the people behind the router.
  private static boolean isPrivate(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return PRIVATE.contains(lower)
        || lower.startsWith("x-openwebui-")
        || lower.startsWith("x-auth-request-")
        || lower.endsWith("-client-ip")
        || lower.endsWith("-connecting-ip");
  }

  private static boolean isTrusted(InetAddress peer, List<AddressRange> trustedProxies) {
    for (AddressRange range : trustedProxies) {
      if (range.contains(peer)) return true;
    }
    return false;
  }

  private static void addForwarded(Exchange exchange, boolean trusted, Fields out) {
    String peer = text(exchange.peer());
    List<String> before = out.all("X-Forwarded-For");
    out.set("X-Forwarded-For", before.isEmpty() ? peer : String.join(", ", before) + ", " + peer);
    if (!trusted || !out.has("X-Forwarded-Proto")) {
      out.set("X-Forwarded-Proto", exchange.secure() ? "https" : "http");
    }
    Optional<String> host = exchange.fields().first("Host");
    if (host.isPresent() && (!trusted || !out.has("X-Forwarded-Host"))) {
      out.set("X-Forwarded-Host", host.get());
    }
  }

  private static String text(InetAddress address) {
    String text = address.getHostAddress();
    int scope = address instanceof Inet6Address ? text.indexOf('%') : -1;
    return scope < 0 ? text : text.substring(0, scope);
  }

  /// The fields of a backend's answer for the caller.
  static Fields answer(Fields reply, String backendLabel) {
    Set<String> perConnection = perConnection(reply);
    var out = new Fields();
    for (Fields.Field field : reply) {
      String name = field.name();
      if (!NOT_OF_ANSWERS.contains(name) && !isIn(perConnection, name)) {
        out.add(name, field.value());
      }
    }
    out.add("X-LLMhop-Backend", backendLabel);
    return out;
  }

  /// The further fields that `Connection` names as true of this connection only, in lower case. A
  /// hash table whose hash covers whole names: the sender chooses them.
  private static Set<String> perConnection(Fields fields) {
    List<String> values = fields.all("Connection");
    if (values.isEmpty() || values.equals(KEEP_ALIVE)) {
      return Set.of();
    }
    Set<String> names = new HashSet<>();
    for (String value : values) {
      for (String name : value.split(",")) {
        String stripped = name.strip();
        if (!stripped.isEmpty() && !DESCRIBES_BODY.contains(stripped)) {
          names.add(stripped.toLowerCase(Locale.ROOT));
        }
      }
    }
    return names;
  }

  private static boolean isIn(Set<String> perConnection, String name) {
    return !perConnection.isEmpty() && perConnection.contains(name.toLowerCase(Locale.ROOT));
  }
}
