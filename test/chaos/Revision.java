package chaos;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The config with this number: much differs from the one before, and much doesn't.
///
/// @param number from 0
/// @param place what is the same in all
record Revision(int number, Place place) {

  static final Token KEEPER = Token.of("keeper");
  static final Token GUEST = Token.of("guest");
  static final int WATCH_MILLIS = 1_000;

  /// What doesn't change.
  ///
  /// @param port where the router listens
  /// @param engines of the model's that change
  /// @param good a backend whose model never changes, in quotes
  /// @param unwell a backend that says that it is unwell, in quotes
  /// @param resets a backend that resets connections, in quotes
  /// @param secret a file with a secret
  record Place(
      int port, List<Engine> engines, String good, String unwell, String resets, Path secret) {}

  /// How a config can be broken.
  enum Fault {
    CUT_OFF,
    UNKNOWN_KEY,
    UNRESOLVED_SECRET;

    /// What the router must say of it.
    String told() {
      return switch (this) {
        case CUT_OFF -> "line";
        case UNKNOWN_KEY -> "chaosUnknownKey";
        case UNRESOLVED_SECRET -> "CHAOS_NO_SUCH_VARIABLE";
      };
    }
  }

  /// Whether the model that comes and goes is there.
  boolean hasGuestModel() {
    return number % 2 == 0;
  }

  /// Whether the token that comes and goes may be used.
  boolean hasGuestToken() {
    return number % 3 != 1;
  }

  /// A model that only this one has.
  String mark() {
    return "revision-" + number;
  }

  String text() {
    String first = "\"" + place.engines.get(0).url() + "\"";
    String second = "\"" + place.engines.get(1).url() + "\"";
    int weight = 1 + number % 3;
    List<String> models = new ArrayList<>();
    models.add(
        """
        "steady": {"url": %s, "headers": {"X-Secret": "${file:%s}"}}\
        """
            .formatted(place.good, place.secret));
    models.add(
        """
        "streams": {"urls": [{"url": %s, "weight": %d}, %s]}\
        """
            .formatted(first, weight, second));
    models.add(
        """
        "pair": {"urls": [%s, {"url": %s, "weight": %d}], "health": {"path": "/health",
          "every": "1s", "down": 1}}\
        """
            .formatted(first, place.unwell, weight));
    models.add(
        """
        "resets": {"urls": [%s, {"url": %s, "weight": %d}]}\
        """
            .formatted(first, place.resets, weight));
    String limits =
        """
        , "maxConcurrent": %d, "queue": {"max": %d, "wait": "20s"}\
        """
            .formatted(1 + number % 3, 2 + number % 4);
    models.add("\"limited\": {\"url\": %s%s}".formatted(second, number % 5 == 4 ? "" : limits));
    if (hasGuestModel()) models.add("\"guest\": {\"url\": %s}".formatted(second));
    models.add("\"%s\": {\"url\": %s}".formatted(mark(), first));
    return """
    {"listen": "127.0.0.1:%d", "watch": "%dms", %s,
     "models": {%s}}
    """
        .formatted(
            place.port,
            WATCH_MILLIS,
            Token.list(hasGuestToken() ? List.of(KEEPER, GUEST) : List.of(KEEPER)),
            String.join(",\n  ", models));
  }

  String broken(Fault fault) {
    String text = text();
    return switch (fault) {
      case CUT_OFF -> text.substring(0, text.indexOf(KEEPER.secret()) + Token.SECRET.length());
      case UNKNOWN_KEY -> text.replace("{\"listen\"", "{\"chaosUnknownKey\": 1, \"listen\"");
      case UNRESOLVED_SECRET ->
          text.replace("${file:", KEEPER.secret() + "${env:CHAOS_NO_SUCH_VARIABLE}${file:");
    };
  }
}
