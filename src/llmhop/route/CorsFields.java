package llmhop.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Grammar;

/// The fields in which a server tells browsers what pages of other origins may do (the Fetch
/// standard, section 3.3).
final class CorsFields {
  private static final String PREFIX = "access-control-";

  private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

  /// For a question that names no fields, or some that aren't names.
  private static final String COMMON_FIELDS =
      "Authorization, Content-Type, Accept, X-Api-Key, Api-Key, X-Request-Id, Anthropic-Version,"
          + " Anthropic-Beta, OpenAI-Organization, OpenAI-Project, OpenAI-Beta, Traceparent,"
          + " Tracestate";

  /// What pages of other origins couldn't read otherwise.
  private static final String EXPOSED =
      "X-Request-Id, X-LLMhop-Backend, X-LLMhop-Model, X-LLMhop-Error, Retry-After,"
          + " x-should-retry, x-ratelimit-limit-requests, x-ratelimit-remaining-requests,"
          + " x-ratelimit-reset-requests";

  /// What a preflight's answer is made of.
  private static final String PREFLIGHT_VARY =
      "Origin, Access-Control-Request-Method, Access-Control-Request-Headers,"
          + " Access-Control-Request-Private-Network";

  /// Two hours, the most that Chrome takes. An origin that is taken off the list is refused all the
  /// same: its requests are judged too, not only its questions.
  private static final String MAX_AGE_SECONDS = "7200";

  private CorsFields() {}

  /// Whether a browser asks what a page may do, which is no request of the page yet.
  static boolean isPreflight(String method, Fields request) {
    return method.equals("OPTIONS")
        && request.has("Origin")
        && request.has("Access-Control-Request-Method");
  }

  /// The answer to that question.
  ///
  /// @param allowed the origin that asks, or `*`
  static Fields preflight(String allowed, Fields request) {
    var fields = new Fields();
    fields.add("Access-Control-Allow-Origin", allowed);
    fields.add("Access-Control-Allow-Methods", METHODS);
    fields.add("Access-Control-Allow-Headers", allowedFields(request));
    if (request.all("Access-Control-Request-Private-Network").equals(List.of("true"))) {
      fields.add("Access-Control-Allow-Private-Network", "true");
    }
    fields.add("Access-Control-Max-Age", MAX_AGE_SECONDS);
    fields.add("Vary", PREFLIGHT_VARY);
    return fields;
  }

  /// The names that were asked for: `*` doesn't stand for `Authorization`.
  private static String allowedFields(Fields request) {
    List<String> names =
        request.all("Access-Control-Request-Headers").stream()
            .flatMap(value -> Stream.of(value.split(",")))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .toList();
    return names.isEmpty() || !names.stream().allMatch(Grammar::isToken)
        ? COMMON_FIELDS
        : String.join(", ", names);
  }

  /// For the answer to a page that may.
  ///
  /// @param allowed its origin, or `*`
  static Fields answer(String allowed) {
    var fields = new Fields();
    fields.add("Access-Control-Allow-Origin", allowed);
    fields.add("Access-Control-Expose-Headers", EXPOSED);
    fields.add("Vary", "Origin");
    return fields;
  }

  /// For all other answers, so that no cache gives them to a page that may.
  static Fields unlisted() {
    var fields = new Fields();
    fields.add("Vary", "Origin");
    return fields;
  }

  /// Takes away what somebody else says of origins.
  static void removeFrom(Fields answer) {
    List<String> names = new ArrayList<>();
    for (Fields.Field field : answer) {
      if (isCors(field.name())) {
        names.add(field.name());
      }
    }
    names.forEach(answer::removeAll);
  }

  private static boolean isCors(String name) {
    return name.toLowerCase(Locale.ROOT).startsWith(PREFIX);
  }
}
