package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingsTest {
  private static Stream<String> spellings() {
    return Spellings.of("/v1/load").stream();
  }

  private static boolean sees(String raw, String path) {
    return Readings.any(raw, (place, ends) -> path.contentEquals(place));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/v1/chat/completions",
        "/api/v3",
        "/.well-known/x",
        "/a..b/c.d",
        "/V1/meta:7b@x!$&'()*+,=~_-"
      })
  void aPathThatAllReadAlikeIsPlain(String path) {
    assertTrue(Readings.isPlain(path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "//",
        "/x/",
        "/x//y",
        "/.",
        "/..",
        "/x/.",
        "/x/./y",
        "/x/../y",
        "/x.",
        "/x./y",
        "/x...",
        "/x;y",
        "/x%79",
        "/%",
        "/x\\y",
        "\\x",
        "/x y",
        "/x?y",
        "/x#y",
        "/x\u0000",
        "/\u00e4",
        "/x|y",
        "/<x>",
        "/x^",
        "/{id}",
        "/x`",
        "/x\"",
        "/\t"
      })
  void anythingElseIsNot(String path) {
    assertFalse(Readings.isPlain(path));
  }

  @ParameterizedTest
  @MethodSource("spellings")
  void everySpellingIsSeen(String raw) {
    assertTrue(sees(raw, "/v1/load"), raw);
  }

  @ParameterizedTest
  @MethodSource("spellings")
  void onlyTheFirstSpellingIsPlainButForItsCase(String raw) {
    assertEquals(raw.equalsIgnoreCase("/v1/load"), Readings.isPlain(raw), raw);
  }

  @ParameterizedTest
  @CsvSource({"/v1/loads", "/load", "/v1/x/load", "/v1%2525252525252fload", "/v1load", "/v1/lo/ad"})
  void otherPathsAreNot(String raw) {
    assertFalse(sees(raw, "/v1/load"));
  }

  @Test
  void aReadingPassesTheFoldersAboveItAndTellsWhereItMayEnd() {
    assertTrue(sees("/a/b/c", "/a/b"));
    assertTrue(Readings.any("/a/b", (place, ends) -> ends && "/a/b".contentEquals(place)));
    assertFalse(Readings.any("/a/b/c", (place, ends) -> ends && "/a/b".contentEquals(place)));
    assertTrue(Readings.any("/a/b;/c", (place, ends) -> ends && "/a/b".contentEquals(place)));
    assertTrue(sees("/a/..", "/"));
    assertFalse(sees("/a", "/"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/pause",
        "//pause",
        "/%70ause",
        "/v1/../pause",
        "/pause/",
        "/PAUSE",
        "/./pause",
        "/../pause",
        "/%2e%2e/pause",
        "/x/%2e%2e/pause",
        "/pause//",
        "\\pause",
        "/%2Fpause",
        "/%2570ause",
        "/pause;x=1",
        "/pause.",
        "/pause%00x",
        "/pause%20",
        "/pause%3fx",
        "/pause%23x"
      })
  void everySpellingOfAPathIsComparedAsOne(String raw) {
    assertEquals("/pause", Readings.normal(raw));
  }

  /// What a server makes of a path, written from its own documentation.
  private record Server(String name, UnaryOperator<String> reads) {}

  private static String decode(String path) {
    return Target.decode(path).orElse(path);
  }

  /// RFC 3986 section 5.2.4, as java.net.URI has it; it keeps `..` that lead out.
  private static String resolve(String path) {
    String resolved = URI.create("http://h" + path).normalize().getRawPath();
    return resolved.replaceAll("^(/\\.\\.)+(?=/|$)", "");
  }

  private static final List<Server> SERVERS =
      List.of(
          // Starlette and cpp-httplib: decoded once, nothing resolved.
          new Server("decodes", ReadingsTest::decode),
          // gin without settings reads Go's URL.Path, which is the same; with RedirectFixedPath and
          // ServeMux the path is cleaned afterwards.
          new Server(
              "decodes, cleans", p -> decode(resolve(escape(decode(p).replaceAll("/+", "/"))))),
          // Java's servers, and proxies that resolve what they pass on raw.
          new Server("cleans, decodes", p -> decode(resolve(p))),
          new Server("Tomcat", p -> decode(resolve(p.replaceAll(";[^/]*", "")))),
          new Server("Windows", p -> decode(p).replace('\\', '/').replaceAll("[. ]+(?=/|$)", "")),
          new Server("ignores case, merges slashes", p -> decode(p).replaceAll("/+", "/")),
          new Server("a proxy that decodes before it", p -> decode(decode(p))),
          new Server("strings of C", p -> decode(p).replaceAll("\u0000.*", "")));

  private static String escape(String path) {
    var escaped = new StringBuilder();
    for (char c : path.toCharArray()) {
      boolean plain = c < 0x7f && (Character.isLetterOrDigit(c) || "/._~-;".indexOf(c) >= 0);
      escaped.append(plain ? String.valueOf(c) : "%%%02X".formatted((int) c));
    }
    return escaped.toString();
  }

  /// Paths put together at random: whatever a server takes for `/pause` must be seen as it.
  @Test
  void whatAnyServerReadsAsThePathIsSeenInIt() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    String[] parts = {
      "pause",
      "/",
      "/",
      "/",
      ".",
      "..",
      "%2e",
      "%2E%2e",
      "%2f",
      "%5c",
      "%70ause",
      "%2570ause",
      "x",
      ";y",
      "%00",
      "%20",
      "%252f",
      "PAUSE",
      "//"
    };
    int hits = 0;
    for (int i = 0; i < 50_000; i++) {
      var path = new StringBuilder("/");
      for (int n = 1 + random.nextInt(6); n > 0; n--)
        path.append(parts[random.nextInt(parts.length)]);
      String raw = path.toString();
      for (Server server : SERVERS) {
        String read = server.reads().apply(raw);
        if (read.equalsIgnoreCase("/pause") || read.equalsIgnoreCase("/pause/")) {
          hits++;
          assertTrue(sees(raw, "/pause"), server.name() + " " + raw + " seed " + seed);
          boolean same = raw.equalsIgnoreCase("/pause");
          assertTrue(same || !Readings.isPlain(raw), server.name() + " " + raw + " seed " + seed);
        }
      }
    }
    assertTrue(hits > 1000, "too few of them: " + hits);
  }
}
