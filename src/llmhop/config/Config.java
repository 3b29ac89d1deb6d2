package llmhop.config;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// What the operator wrote, checked: all that one config file says, with defaults filled in.
///
/// @param listen where callers connect to, at least one
/// @param tls how TLS is spoken on TCP ports; empty for plain HTTP
/// @param http how long and how large the parts of a request may be
/// @param corsOrigins the web pages that may use the router: origins as browsers send them, or `*`
///   alone; empty when none may
/// @param authTokens the tokens that callers may use; empty means that none is asked for
/// @param maxBodyBytes the largest request body; `Long.MAX_VALUE` for no limit
/// @param maxBufferedBytes how many body bytes may be in memory at once, of all requests together
/// @param maxBufferedShare the part of it that one caller may hold while others want memory, above
///   0 and at most 1
/// @param maxConcurrentRequests how many requests may run at a time; `Integer.MAX_VALUE` for none
/// @param defaultModel the name of the model that takes requests which name none
/// @param trustedProxies the peers whose `X-Forwarded-*` fields are believed
/// @param log the form of the access log
/// @param drainDelay how long new requests are still accepted after a stop was asked for
/// @param drain how long running requests may take to finish after that
/// @param instance the router's name among routers in a chain; empty for one made at the start
/// @param watch how often the file is looked at for changes; zero for never
/// @param models the models in the order of the file, at least one
/// @param warnings what is allowed and yet looks wrong, in the form of a problem, for the operator
public record Config(
    List<Listen> listen,
    Optional<ListenTls> tls,
    HttpLimits http,
    List<String> corsOrigins,
    List<Token> authTokens,
    long maxBodyBytes,
    long maxBufferedBytes,
    double maxBufferedShare,
    int maxConcurrentRequests,
    Optional<String> defaultModel,
    List<AddressRange> trustedProxies,
    LogFormat log,
    Duration drainDelay,
    Duration drain,
    Optional<String> instance,
    Duration watch,
    List<Model> models,
    List<String> warnings) {

  /// Copies the lists and refuses what no file can say.
  public Config {
    listen = List.copyOf(listen);
    corsOrigins = List.copyOf(corsOrigins);
    authTokens = List.copyOf(authTokens);
    trustedProxies = List.copyOf(trustedProxies);
    models = List.copyOf(models);
    warnings = List.copyOf(warnings);
    Objects.requireNonNull(tls);
    Objects.requireNonNull(http);
    Objects.requireNonNull(defaultModel);
    Objects.requireNonNull(log);
    Checks.that(!listen.isEmpty(), "nowhere to listen");
    Checks.that(!models.isEmpty(), "no models");
    Checks.that(maxBodyBytes > 0, "maxBodyBytes below 1");
    Checks.that(maxBufferedBytes > 0, "maxBufferedBytes below 1");
    Checks.that(maxBufferedShare > 0 && maxBufferedShare <= 1, "maxBufferedShare out of range");
    Checks.that(maxConcurrentRequests > 0, "maxConcurrentRequests below 1");
    Checks.that(!drainDelay.isNegative(), "drainDelay below 0");
    Checks.that(!drain.isNegative(), "drain below 0");
    Checks.that(!watch.isNegative(), "watch below 0");
  }
}
