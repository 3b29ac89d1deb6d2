package llmhop.route;

import java.util.List;
import llmhop.http.wire.Fields;

/// What routers in a chain tell each other, in `Via` (RFC 9110 section 7.6.3): each adds its name,
/// and one that finds its own has been there before.
final class Chain {
  private static final String PRODUCT = "(llmhop)";

  private final String instance;
  private final String entry;

  /// A router's place in chains.
  ///
  /// @param instance its name, a token
  Chain(String instance) {
    this.instance = instance;
    this.entry = "1.1 " + instance + " " + PRODUCT;
  }

  /// What it adds to a request.
  String entry() {
    return entry;
  }

  /// Refuses a request that has been here before.
  void check(Fields fields) {
    if (!fields.has("Via")) {
      return;
    }
    for (String value : fields.all("Via")) {
      for (String hop : value.split(",")) {
        if (receivedBy(hop).equals(instance)) {
          throw Refusal.loopDetected();
        }
      }
    }
  }

  /// Whether the last to forward a request was such a router.
  static boolean isBehindRouter(Fields fields) {
    List<String> values = fields.has("Via") ? fields.all("Via") : List.of();
    return !values.isEmpty() && values.getLast().strip().endsWith(PRODUCT);
  }

  /// The name in `protocol name (comment)`.
  private static String receivedBy(String hop) {
    String stripped = hop.strip();
    int end = blank(stripped);
    String rest = stripped.substring(end).strip();
    return rest.substring(0, blank(rest));
  }

  private static int blank(String text) {
    int at = 0;
    while (at < text.length() && text.charAt(at) != ' ' && text.charAt(at) != '\t') {
      at++;
    }
    return at;
  }
}
