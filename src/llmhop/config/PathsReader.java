package llmhop.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/// Reads which paths of a model's backends are open.
final class PathsReader {
  private PathsReader() {}

  static PathRules read(Section model) {
    return new PathRules(
        model.get("kind").flatMap(PathsReader::kind),
        model.get("allowPaths").map(PathsReader::allowed).orElse(List.of()),
        model.get("denyPaths").map(PathsReader::paths).orElse(List.of()));
  }

  private static Optional<Kind> kind(Cursor cursor) {
    Optional<String> word = cursor.text();
    Optional<Kind> kind = word.flatMap(Kind::of);
    if (word.isEmpty() || kind.isPresent()) {
      return kind;
    }
    List<String> known = new ArrayList<>();
    for (Kind each : Kind.values()) known.add(each.word());
    String hint =
        Nearest.nearest(word.get(), known)
            .map(nearest -> ", did you mean " + Words.quoted(nearest) + "?")
            .orElse(", there are " + String.join(", ", known));
    return cursor.refuse(Words.quoted(word.get()) + " is no kind" + hint);
  }

  private static List<String> allowed(Cursor cursor) {
    return paths(
        cursor,
        item -> {
          if (item.text().filter(PathsReader::isRouters).isPresent()) {
            item.warning("paths of the router itself stay closed, take it out");
          }
        });
  }

  private static boolean isRouters(String path) {
    String below = path.toLowerCase(Locale.ROOT) + "/";
    return below.startsWith("/route/") || below.startsWith("/llmhop/");
  }

  private static List<String> paths(Cursor cursor) {
    return paths(cursor, _ -> {});
  }

  /// @param judge sees each path that can be used
  private static List<String> paths(Cursor cursor, Consumer<Cursor> judge) {
    List<String> paths = new ArrayList<>();
    for (Cursor item : cursor.items("a list of paths", "an empty list, leave the key out")) {
      Optional<String> path = item.parsed(PathsReader::path);
      if (path.isPresent()) {
        paths.add(path.get());
        judge.accept(item);
      }
    }
    return paths;
  }

  private static String path(String text) {
    Checks.that(text.startsWith("/"), "a path begins with /");
    Checks.that(Words.isVisible(text), "a path is visible ASCII");
    Checks.that(isOfPaths(text), "it is compared with plain paths: no ? # % ; or \\ in it");
    Checks.that(
        !text.contains("//") && !(text + "/").contains("/./") && !(text + "/").contains("/../"),
        "it is compared with normalised paths: no //, . or .. in it");
    return text;
  }

  private static boolean isOfPaths(String text) {
    for (int i = 0; i < text.length(); i++) {
      if ("?#%;\\".indexOf(text.charAt(i)) >= 0) return false;
    }
    return true;
  }
}
