package llmhop.route;

import java.util.Optional;
import java.util.OptionalInt;
import llmhop.http.wire.Depletion;
import llmhop.json.JsonWriter;
import llmhop.observe.EndedBy;
import llmhop.observe.Outcome;

/// The one way to refuse: a status, a stable code and a sentence that tells the caller what to do.
///
/// A factory per case, here, in [Forbidden] and in [NotNow]; together they are the table of
/// refusals. Cheap to throw: no stack trace.
public final class Refusal extends RuntimeException {
  private static final String INVALID = "invalid_request_error";
  private static final String SERVER = "server_error";

  /// Longest name of outside origin that a sentence repeats, in characters.
  private static final int LONGEST_NAME = 128;

  /// A backend that is down is tried again about as often.
  private static final int NEXT_TRIAL_SECONDS = 2;

  private final int status;
  private final String type;
  private final String code;
  private final EndedBy fault;
  private Optional<String> param = Optional.empty();
  private Optional<Boolean> shouldRetry = Optional.empty();
  private OptionalInt retryAfterSeconds = OptionalInt.empty();
  private boolean closes;
  private Optional<String> detail = Optional.empty();

  private Refusal(int status, String type, String code, EndedBy fault, String message) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.code = code;
    this.fault = fault;
  }

  // What the caller sent.

  /// The head or the framing is wrong; the connection can't be trusted any more.
  public static Refusal badRequest(String message) {
    return caller(400, "bad_request", message).closing();
  }

  /// The body came too slowly.
  public static Refusal timeout(String message) {
    return caller(408, "timeout", message).closing().retry(true);
  }

  /// The target is longer than any.
  public static Refusal uriTooLong(String message) {
    return caller(414, "uri_too_long", message).closing();
  }

  /// `Expect` asks for something that isn't done here.
  public static Refusal expectationFailed(String message) {
    return caller(417, "expectation_failed", message).closing();
  }

  /// The head is over a limit.
  public static Refusal headTooLarge(String message) {
    return caller(431, "head_too_large", message).closing();
  }

  /// Another HTTP than 1.1 and 1.0.
  public static Refusal versionNotSupported(String message) {
    return caller(505, "version_not_supported", message).closing();
  }

  /// A request names its class in a word that there isn't, or several times.
  public static Refusal invalidPriority() {
    return invalidRequest("X-Priority must stand once, and be one of high, normal and low.");
  }

  /// The request is well-formed but asks for something that can't be.
  public static Refusal invalidRequest(String message) {
    return caller(400, "invalid_request", message);
  }

  /// What should name the model can't be a name.
  public static Refusal invalidModel(String message) {
    return invalidRequest(message).about("model");
  }

  /// The body isn't a JSON object (or, for multipart, not that).
  public static Refusal invalidJson(String message) {
    return caller(400, "invalid_json", message);
  }

  /// Nothing names a model.
  public static Refusal missingModel(String message) {
    return caller(400, "missing_model", message).about("model");
  }

  /// Several things name a model where one must.
  public static Refusal duplicateModel(String message) {
    return caller(400, "duplicate_model", message).about("model");
  }

  /// The path or query names one model and the body another.
  public static Refusal modelMismatch(String outside, String body) {
    String message =
        "The path or query names the model %s but the body names %s. Make them agree, or leave"
            + " 'model' out of the body.";
    return caller(400, "model_mismatch", message.formatted(quote(outside), quote(body)))
        .about("model");
  }

  /// Nobody we know.
  public static Refusal invalidApiKey(String why) {
    return caller(401, "invalid_api_key", why);
  }

  /// A name that doesn't stand for this machine, where only this machine can ask.
  public static Refusal misdirected(String host) {
    String message =
        "The Host %s is not a name of this router. It listens on this machine only and needs no"
            + " token, so it answers to localhost and IP addresses alone.";
    return caller(421, "misdirected", message.formatted(quote(host))).closing();
  }

  /// No model of that name.
  public static Refusal modelNotFound(String name, Optional<String> nearest) {
    String hint =
        nearest
            .map(known -> " Did you mean " + quote(known) + "?")
            .orElse(" GET /v1/models lists the models that there are.");
    String message = "The model " + quote(name) + " does not exist here." + hint;
    return caller(404, "model_not_found", message).about("model");
  }

  /// A path that no engine routes by model.
  public static Refusal unknownUrl(String method, String path) {
    String message = "There is nothing at %s %s. Requests are routed by the 'model' they name.";
    return caller(
        404, "unknown_url", message.formatted(cut(method), quote(LoggedPath.masked(path))));
  }

  /// The body is over a limit.
  public static Refusal requestTooLarge(long limitBytes, String key) {
    String message =
        "The request body is over the limit of %d bytes (%s). Send less, or ask the operator to"
            + " raise it.";
    return caller(413, "request_too_large", message.formatted(limitBytes, key)).closing();
  }

  /// A compressed body that would have to be looked into.
  public static Refusal unsupportedContentEncoding() {
    String message =
        "The body is compressed (Content-Encoding), so its model can't be read. Send it"
            + " uncompressed, or name the model in the path: /route/{model}/...";
    return caller(415, "unsupported_content_encoding", message);
  }

  // What we can't do.

  /// Our own fault; its cause goes to the log.
  public static Refusal internalError(String requestId) {
    String message =
        "The router failed to handle this request. It is our fault; the operator finds it in the"
            + " log under the request id "
            + requestId
            + ".";
    return router(500, "internal_error", message).retry(false);
  }

  /// A limit of the whole router is reached.
  public static Refusal overloaded(String what) {
    String message = "The router is at its limit of " + what + ". Try again shortly.";
    return router(503, "overloaded", message).after(1);
  }

  /// The process or its machine is out of something; nothing was sent.
  static Refusal exhausted(Depletion depletion, String detail) {
    return overloaded(depletion.word()).because(detail);
  }

  /// The body was ended while it arrived, since other callers' bodies had no room.
  ///
  /// @param rule the name of the rule by which it was ended, for the log
  static Refusal ended(String rule) {
    String message =
        "The router is at its limit of buffered request bytes, and this body came too slowly or its"
            + " caller held too many of them. Try again shortly.";
    Refusal refusal = router(503, "overloaded", message).after(1).closing();
    return refusal.because(Outcome.BODY_RULE + rule);
  }

  /// As many connections as there may be are open.
  public static Refusal tooManyConnections(String message) {
    return router(503, "too_many_connections", message).after(1).closing();
  }

  /// The router is going away.
  public static Refusal draining() {
    String message = "The router is shutting down. Try again; another instance will answer.";
    return router(503, "draining", message).after(1).closing();
  }

  /// The router is going away and has cut off a request that a backend may have worked on.
  static Refusal cutOff() {
    String message =
        "The router is shutting down and has cut off this request, which may have been worked on."
            + " Another instance answers if it is sent again.";
    return router(503, "draining", message).retry(false).closing();
  }

  // What the backend did.

  /// No connection could be made; nothing was sent.
  public static Refusal backendUnreachable(String model, String detail) {
    String message =
        "No backend of the model %s can be reached. Nothing was sent; it is safe to try again.";
    return backend(502, "backend_unreachable", message.formatted(quote(model)), detail).retry(true);
  }

  /// All backends of a model are known to be down.
  public static Refusal noHealthyBackend(String model) {
    String message =
        "No backend of the model %s is up. Nothing was sent; it is safe to try again shortly.";
    return backend(
            503, "no_healthy_backend", message.formatted(quote(model)), "all backends are down")
        .after(NEXT_TRIAL_SECONDS);
  }

  /// A request that this router has forwarded already came back to it.
  public static Refusal loopDetected() {
    String message =
        "This request came back to the router that forwarded it. A model's URL leads in a circle;"
            + " its operator has to break it.";
    return router(508, "loop_detected", message).retry(false);
  }

  /// The backend broke off or sent what isn't HTTP.
  public static Refusal backendBadReply(String model, String detail) {
    String message =
        "The backend of the model %s broke off or sent an invalid reply. The request may have been"
            + " worked on.";
    return backend(502, "backend_bad_reply", message.formatted(quote(model)), detail).retry(false);
  }

  /// The backend answered with what can't be shown any more, since heartbeats have gone out.
  ///
  /// @param status what it answered
  /// @param said what it said of that, short; empty where that is nothing or can't be told
  public static Refusal backendError(String model, int status, String said) {
    String message = "The backend of the model %s answered %d instead of a stream%s";
    String rest = said.isBlank() ? "." : ": " + said;
    return backend(
        status < 400 ? 502 : status,
        "backend_error",
        message.formatted(quote(model), status, rest),
        "status " + status);
  }

  /// The backend was too slow.
  public static Refusal backendTimeout(String model, String which, String detail) {
    String message = "The backend of the model %s was over its '%s' timeout.";
    return backend(504, "backend_timeout", message.formatted(quote(model), which), detail)
        .retry(false);
  }

  /// What this caller may never do.
  static Refusal forbidden(int status, String code, String message) {
    return new Refusal(status, "permission_error", code, EndedBy.CALLER, message);
  }

  private static Refusal caller(int status, String code, String message) {
    return new Refusal(status, INVALID, code, EndedBy.CALLER, message);
  }

  /// A limit that the operator has set, be it on this caller or on what all of them share.
  static Refusal limit(String code, EndedBy fault, String message) {
    return new Refusal(429, "rate_limit_error", code, fault, message);
  }

  private static Refusal router(int status, String code, String message) {
    return new Refusal(status, SERVER, code, EndedBy.ROUTER, message);
  }

  private static Refusal backend(int status, String code, String message, String detail) {
    return new Refusal(status, SERVER, code, EndedBy.BACKEND, message).because(detail);
  }

  /// Names the parameter that is at fault.
  Refusal about(String parameter) {
    param = Optional.of(parameter);
    return this;
  }

  /// Says whether to send the request again. Where not, no time is told: clients that do not know
  /// `x-should-retry` go by `Retry-After` alone.
  Refusal retry(boolean sensible) {
    shouldRetry = Optional.of(sensible);
    retryAfterSeconds = sensible ? retryAfterSeconds : OptionalInt.empty();
    return this;
  }

  /// Says to send the request again after so many seconds.
  Refusal after(int seconds) {
    shouldRetry = Optional.of(true);
    retryAfterSeconds = OptionalInt.of(seconds);
    return this;
  }

  /// Adds what only the operator's log tells.
  Refusal because(String said) {
    detail = Optional.of(said);
    return this;
  }

  private Refusal closing() {
    closes = true;
    return this;
  }

  static String quote(String name) {
    return JsonWriter.quote(cut(name));
  }

  private static String cut(String name) {
    return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME) + "...";
  }

  /// The HTTP status.
  public int status() {
    return status;
  }

  /// The error's type in OpenAI's sense.
  public String type() {
    return type;
  }

  /// The stable code.
  public String code() {
    return code;
  }

  /// The request's parameter that is at fault.
  public Optional<String> param() {
    return param;
  }

  /// Whose fault it is.
  public EndedBy fault() {
    return fault;
  }

  /// `x-should-retry`, where we know better than the SDKs.
  public Optional<Boolean> shouldRetry() {
    return shouldRetry;
  }

  /// `Retry-After`, in seconds.
  public OptionalInt retryAfterSeconds() {
    return retryAfterSeconds;
  }

  /// Whether the connection must not live on.
  public boolean closes() {
    return closes;
  }

  /// What went wrong, for the operator's log only.
  public Optional<String> detail() {
    return detail;
  }
}
