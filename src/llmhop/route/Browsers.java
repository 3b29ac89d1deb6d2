package llmhop.route;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import llmhop.http.wire.Fields;

/// Which web pages may use the router from a browser, and what browsers are told about it (the
/// Fetch standard, section 3.3). May be shared.
///
/// A browser lets any page send requests to any port that it reaches, with or without asking first.
/// Where a token is needed no page has one that it wasn't given. Where none is, the router must
/// tell pages apart: by `Origin`, by `Sec-Fetch-Site`, and where only this machine can connect by
/// `Host`, since a page may let its own name point to this machine (DNS rebinding).
///
/// `Access-Control-Allow-Credentials` is never sent: nothing here looks at cookies.
public final class Browsers {
  private static final String ANY = "*";

  private final boolean open;

  /// The decision for each listed origin, made once.
  private final Map<String, Pass> passes = new TreeMap<>();

  private final Pass unlisted;

  /// The rules of a config.
  ///
  /// @param corsOrigins the origins that may use the router, as browsers send them, or `*` alone
  /// @param tokensConfigured whether callers need a token
  public Browsers(List<String> corsOrigins, boolean tokensConfigured) {
    this.open = !tokensConfigured;
    this.unlisted = corsOrigins.isEmpty() ? Pass.NOTHING : new Pass(CorsFields.unlisted());
    corsOrigins.forEach(origin -> passes.put(origin, new Pass(CorsFields.answer(origin))));
  }

  /// What becomes of a request.
  sealed interface Decision {}

  /// It goes its way.
  ///
  /// @param extra fields for its answer, whatever that will be; shared, not to be changed
  record Pass(Fields extra) implements Decision {
    static final Pass NOTHING = new Pass(new Fields());

    /// Adds our fields to an answer. Where we speak for the backend, what it says of origins is
    /// dropped; its `Vary` stays beside ours.
    void addTo(Fields answer) {
      if (extra.size() > 0) {
        CorsFields.removeFrom(answer);
        extra.forEach(field -> answer.add(field.name(), field.value()));
      }
    }
  }

  /// It is a browser's question whether a page may ask, answered at once with 204, without a token
  /// and without a model.
  ///
  /// @param answer the fields of the answer
  record Preflight(Fields answer) implements Decision {}

  /// Decides by the head of a request, which has at most one `Host`.
  ///
  /// @param secure whether the request came over TLS to us
  /// @param loopbackPort whether it came to a TCP port that only this machine can connect to; false
  ///   for a Unix socket, which no browser can reach
  /// @throws Refusal 403 for a page that may not, 421 for a name that isn't ours
  Decision decide(String method, Fields request, boolean secure, boolean loopbackPort) {
    if (open && loopbackPort) {
      checkHost(request);
    }
    Optional<String> origin = origin(request);
    Optional<String> allowed = origin.flatMap(this::allowed);
    if (allowed.isPresent()) {
      return CorsFields.isPreflight(method, request)
          ? new Preflight(CorsFields.preflight(allowed.get(), request))
          : passes.get(allowed.get());
    }
    if (open) {
      refuseForeign(method, request, origin, secure);
    }
    return unlisted;
  }

  /// Two of them are as foreign as one that is not known.
  private static Optional<String> origin(Fields request) {
    List<String> origins = request.all("Origin");
    return origins.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", origins));
  }

  /// What the list says instead of this origin: itself or `*`.
  private Optional<String> allowed(String origin) {
    if (passes.containsKey(origin)) {
      return Optional.of(origin);
    }
    return passes.containsKey(ANY) ? Optional.of(ANY) : Optional.empty();
  }

  /// HTTP/1.0 has no `Host`, and no browser speaks it.
  private static void checkHost(Fields request) {
    Optional<String> host = request.first("Host");
    if (host.isPresent() && Authority.parse(host.get()).filter(Authority::isBeyondDns).isEmpty()) {
      throw Refusal.misdirected(host.get());
    }
  }

  private void refuseForeign(
      String method, Fields request, Optional<String> origin, boolean secure) {
    String site = String.join(",", request.all("Sec-Fetch-Site")).toLowerCase(Locale.ROOT);
    if (origin.isEmpty()) {
      boolean anyPage = passes.containsKey(ANY);
      if (site.equals("cross-site") && !anyPage && !isNavigation(method, request)) {
        throw Forbidden.origin(Optional.empty());
      }
      return;
    }
    // Pages can't set this field. It holds also where a proxy before us has changed the Host.
    if (!site.equals("same-origin") && !isOwn(origin.get(), request, secure)) {
      throw Forbidden.origin(origin);
    }
  }

  /// Somebody follows a link to us: the page where it stands doesn't see the answer.
  private static boolean isNavigation(String method, Fields request) {
    return method.equals("GET")
        && request.all("Sec-Fetch-Mode").equals(List.of("navigate"))
        && request.first("Sec-Fetch-Dest").orElse("document").equals("document");
  }

  /// Whether the page came from the place that it asks. Without TLS of ours there may be a proxy's
  /// before us, so both schemes can be right.
  private static boolean isOwn(String origin, Fields request, boolean secure) {
    boolean https = origin.startsWith("https://");
    if (!https && (secure || !origin.startsWith("http://"))) {
      return false;
    }
    Optional<Authority> page = Authority.parse(origin.substring(https ? 8 : 7));
    Optional<Authority> asked = request.first("Host").flatMap(Authority::parse);
    return page.isPresent()
        && asked.isPresent()
        && page.get().isSame(asked.get(), https ? "443" : "80");
  }
}
