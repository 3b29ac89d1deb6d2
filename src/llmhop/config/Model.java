package llmhop.config;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// A model that callers may name, and where it is served.
///
/// @param name its key in the file; with `/*` at the end it takes every name with that prefix, and
///   as `*` alone every name that its backends list
/// @param endpoints the places that serve it, in the file's order, at least one
/// @param headers set on every request to it, last, in the file's order
/// @param unlisted whether lists of models leave it out
/// @param aliases further names of it, sent to the backend as `rename` or as `name`
/// @param rename the name that the backend knows; `*` cuts the prefix of a `/*` name off
/// @param adapters further names of it that the backend knows, sent as they are
/// @param paths which paths of its backends are open
/// @param tls how its `https` endpoints are trusted
/// @param proxy the HTTP proxy in front of its endpoints
/// @param keepAlive how long an idle connection is kept, zero for never; empty for the default
/// @param hosted whether someone else runs it, who is to learn nothing about our callers
/// @param timeouts how long it may take
/// @param fleet how its backends share its requests
/// @param failover who else is tried when one of them can't answer
/// @param catalog how often its backends are asked what they serve; empty for never
/// @param limits how much is asked of it at a time
public record Model(
    String name,
    List<Endpoint> endpoints,
    List<Header> headers,
    boolean unlisted,
    List<String> aliases,
    Optional<String> rename,
    List<String> adapters,
    PathRules paths,
    Tls tls,
    Optional<Proxy> proxy,
    Optional<Duration> keepAlive,
    boolean hosted,
    Timeouts timeouts,
    FleetRules fleet,
    Failover failover,
    Optional<Duration> catalog,
    ModelLimits limits) {

  /// The key of the model that takes every name which its backends list.
  public static final String ANY = "*";

  /// Whether its backends have limits of their own.
  public boolean limitsBackends() {
    for (Endpoint endpoint : endpoints) {
      if (endpoint.maxConcurrent().isPresent()) return true;
    }
    return false;
  }

  /// Copies the lists.
  public Model {
    Checks.that(!name.isEmpty(), "a model without a name");
    endpoints = List.copyOf(endpoints);
    Checks.that(!endpoints.isEmpty(), "a model that nothing serves");
    headers = List.copyOf(headers);
    aliases = List.copyOf(aliases);
    Objects.requireNonNull(rename);
    adapters = List.copyOf(adapters);
    Objects.requireNonNull(paths);
    Objects.requireNonNull(tls);
    Objects.requireNonNull(proxy);
    Checks.that(keepAlive.isEmpty() || !keepAlive.get().isNegative(), "keepAlive below 0");
    Objects.requireNonNull(timeouts);
    Objects.requireNonNull(fleet);
    Objects.requireNonNull(failover);
    Objects.requireNonNull(limits);
    Checks.that(catalog.isPresent() || !name.equals(ANY), "a list of names that nobody asks for");
  }
}
