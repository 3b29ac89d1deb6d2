package llmhop.route;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import llmhop.backend.Backend;
import llmhop.caller.Gate;
import llmhop.config.AddressRange;
import llmhop.http.wire.Fields;

/// Which fields go through the router, either way (RFC 9110 section 7.6.1).
final class ForwardedFields {
  /// What is true of one connection only, in both directions.
  private static final Set<String> HOP_BY_HOP =
      names(
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

  /// What the router says itself, or has dealt with.
  private static final Set<String> REQUEST_OURS =
      names("Host", "Content-Length", "Expect", "X-Request-Id", "HTTP2-Settings");

  private static final Set<String> FORWARDED = names("Forwarded", "X-Real-IP");

  private static final Set<String> PRIVATE = names("Cookie", "Via", "Referer", "Origin");

  private static final Set<String> DESCRIBES_BODY = names("Content-Type", "Content-Encoding");

  private static final Set<String> CREDENTIALS = names(Gate.CREDENTIAL_FIELDS);

  private static final Set<String> ANSWER_OURS =
      names("Content-Length", "X-Request-Id", "X-LLMhop-Backend", "X-LLMhop-Error");

  private final List<AddressRange> trustedProxies;

  ForwardedFields(List<AddressRange> trustedProxies) {
    this.trustedProxies = List.copyOf(trustedProxies);
  }

  private static Set<String> names(String... names) {
    return names(List.of(names));
  }

  private static Set<String> names(List<String> names) {
    Set<String> set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    set.addAll(names);
    return set;
  }

  /// The fields of a request for a backend, in the order they came, the model's own last.
  ///
  /// @param takesCredentials whether the caller's credential was meant for us
  /// @param requestId the id for this attempt
  Fields request(Exchange exchange, Backend backend, boolean takesCredentials, String requestId) {
    boolean trusted = isTrusted(exchange.peer());
    Set<String> perConnection = perConnection(exchange.fields());
    var out = new Fields();
    for (Fields.Field field : exchange.fields()) {
      String name = field.name();
      boolean dropped =
          HOP_BY_HOP.contains(name)
              || REQUEST_OURS.contains(name)
              || perConnection.contains(name)
              || ((takesCredentials || backend.hosted()) && CREDENTIALS.contains(name))
              || ((!trusted || backend.hosted()) && saysWhoCalled(name))
              || (backend.hosted() && isPrivate(name));
      if (!dropped) {
        out.add(name, field.value());
      }
    }
    if (!backend.hosted()) {
      addForwarded(exchange, trusted, out);
    }
    out.add("X-Request-Id", requestId);
    backend.headers().forEach(header -> out.set(header.name(), header.value().reveal()));
    return out;
  }

  /// What proxies say of callers: only proxies that the operator trusts may. Some servers take `_`
  /// for `-`.
  private static boolean saysWhoCalled(String name) {
    String lower = name.toLowerCase(Locale.ROOT).replace('_', '-');
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

  private boolean isTrusted(InetAddress peer) {
    return !trustedProxies.isEmpty()
        && trustedProxies.stream().anyMatch(range -> range.contains(peer));
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
      if (!HOP_BY_HOP.contains(name)
          && !ANSWER_OURS.contains(name)
          && !perConnection.contains(name)) {
        out.add(name, field.value());
      }
    }
    out.add("X-LLMhop-Backend", backendLabel);
    return out;
  }

  /// The further fields that `Connection` names as true of this connection only.
  private static Set<String> perConnection(Fields fields) {
    List<String> values = fields.all("Connection");
    if (values.isEmpty()) {
      return Set.of();
    }
    Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    for (String value : values) {
      for (String name : value.split(",")) {
        names.add(name.strip());
      }
    }
    // What tells how to read the body can't be talked away: we judged the body by it.
    names.removeAll(DESCRIBES_BODY);
    return names;
  }
}
