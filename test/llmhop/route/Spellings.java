package llmhop.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Ways to write a path that one server or another takes for the same.
final class Spellings {
  private Spellings() {}

  /// The path itself first.
  static List<String> of(String path) {
    String rest = path.substring(1);
    int first = rest.charAt(0);
    String hex = String.format(Locale.ROOT, "%02x", first);
    List<String> all = new ArrayList<>(List.of(path, "/" + path, "//" + path, "/./" + rest));
    if (!path.toUpperCase(Locale.ROOT).equals(path)) {
      all.add(path.toUpperCase(Locale.ROOT));
    }
    for (String end :
        List.of(
            "/",
            "//",
            "/.",
            ".",
            "..",
            ";",
            ";x=1",
            ";/../x",
            "%00",
            "%00/../x",
            "%20",
            "%09",
            "%3f",
            "%3Fx/../y",
            "%23",
            "%2f",
            "%2F..%2f" + rest.substring(rest.lastIndexOf('/') + 1),
            "\\",
            "%5c",
            "/%2e",
            "/x/..",
            "/%2e%2e",
            "/..")) {
      all.add(path + end);
    }
    for (String before :
        List.of(
            "/v1/..",
            "/..",
            "/%2e%2e",
            "/x/%2e%2e",
            "/x/%252e%252e",
            "/x\\..",
            "/x%5c..",
            "/x%2f..",
            "/%2e",
            "//host",
            "/\\host",
            "/x/..;",
            "/x/..;y=1",
            "/a%2fb/..",
            "/a%252fb/..")) {
      all.add(before + path);
    }
    all.add("/%" + hex + rest.substring(1));
    all.add("/%25" + hex + rest.substring(1));
    all.add("/%2525" + hex + rest.substring(1));
    all.add("/%%" + Integer.toHexString('0' + first / 16) + hex.charAt(1) + rest.substring(1));
    all.add("/a%2fb/../%" + hex + rest.substring(1));
    all.add("\\" + rest);
    all.add("/%2f" + rest);
    all.add("%2f" + rest);
    return all;
  }
}
