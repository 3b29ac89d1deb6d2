package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathSpellingTest {
  /// Parts in which the rules for a URL parser and for other servers are the same.
  private static final List<String> PARTS =
      List.of(
          "/", "/", "/", ".", "..", "%2e", "%2E", "\\", "%5c", "%2f", "%252f", "%09", "%0a", "%0d",
          "?", "#", "%3f", "%23", "x", "api", "%25", "%252e", "%2525", "2e", "5c", "://", "http:",
          "@", "%C3%A4", "%7B", "|", "^", "~", ":", "%255c", "%25252e");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/v1/chat/completions",
        "/v1/models/org%2Fname",
        "/v1/models/org%2fname%20of%20it",
        "/v1/models/%E6%A8%A1%E5%9E%8B",
        "/v1/responses/resp_1/",
        "/v1//chat/completions",
        "/v1/models/a%25b",
        "/v1/models/a%7Cb%5E%7B%7D%60",
        "/v1/models/meta:7b",
        "/.well-known/x",
        "/a..b/c.d/...",
        "/x;y=1/z",
        "/x;y=%20z",
        "/x%2525252525252e%2525252525252e"
      })
  void aPathThatAnUrlParserKeepsIsSteady(String path) {
    assertTrue(PathSpelling.isSteady(path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "//host/x",
        "///h/api/delete",
        "/\\/h/api/delete",
        "/\\h",
        "\\x",
        "/%2fhost/x",
        "/%5chost",
        "/%252fhost",
        "/%09/host",
        "/x/../api//../delete",
        "/x/..",
        "/x/.",
        "/.",
        "/./x",
        "/%2e",
        "/x/%2E%2e/y",
        "/x/.%2e",
        "/x/%252e%252e",
        "/x/%25252e%25252e",
        "/x/%2525252e%2525252e",
        "/x%2f..%2fy",
        "/x%5cy",
        "/x%09",
        "/x%0ay",
        "/x/.%09./y",
        "/x%0D",
        "/x%20",
        "/x%01",
        "/x?y",
        "/x%3Fy",
        "/x%23",
        "/x#y"
      })
  void aPathThatAnUrlParserChangesIsNot(String path) {
    assertFalse(UrlReference.keeps(path, PathSpelling.MAX_DECODINGS), "by the standard");
    assertFalse(PathSpelling.isSteady(path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/x%00",
        "/x%00y/z",
        "/x/..;/y",
        "/x/..;a=b",
        "/x/.%3b/y",
        "/x/..%20/y",
        "/x/.%20;/y",
        "/x;y%2f..%2fz",
        "/x;y%2fz",
        "/x%3By%252fz",
        "/x/%25c0%25ae/y",
        "/x/%25ff"
      })
  void aPathThatOtherServersChangeIsNotEither(String path) {
    assertFalse(PathSpelling.isSteady(path));
  }

  /// Every path of three parts, and longer ones put together by chance.
  @Test
  void theStandardAndThisClassAgree() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    int kept = 0;
    int checked = 0;
    for (String one : PARTS) {
      for (String two : PARTS) {
        for (String three : PARTS) {
          kept += check("/" + one + two + three, seed);
          checked++;
        }
      }
    }
    for (int i = 0; i < 50_000; i++) {
      var path = new StringBuilder("/");
      for (int n = 1 + random.nextInt(9); n > 0; n--) {
        path.append(PARTS.get(random.nextInt(PARTS.size())));
      }
      kept += check(path.toString(), seed);
      checked++;
    }
    assertTrue(kept > 5_000 && checked - kept > 5_000, kept + " of " + checked);
  }

  private static int check(String path, long seed) {
    boolean keeps = UrlReference.keeps(path, PathSpelling.MAX_DECODINGS);
    assertEquals(keeps, PathSpelling.isSteady(path), path + " seed " + seed);
    return keeps ? 1 : 0;
  }

  /// Answers of `new URL(path, "http://host/")` in Node 20.20.2, which has the standard's parser.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/x/../y > /y",
        "/x/%2e%2E > /",
        "/x/.%2e/y > /y",
        "/x\\y > /x/y",
        "/x/. > /x/",
        "/x\ty > /xy",
        "//h/y > host h",
        "/\\h/y > host h",
        "/\t/h/y > host h",
        "///h/y > host h",
        "/x?y > query",
        "/x#y > fragment",
        "/x//y > kept",
        "/x/ > kept",
        "/x%2fy > kept",
        "/x|y > kept",
        "/http://h/y > kept",
        "/... > kept"
      })
  void theModelOfTheStandardIsThatOfAParserInUse(String row) {
    String path = row.substring(0, row.indexOf(" > "));
    assertEquals(row.endsWith("> kept"), UrlReference.keeps(path), row);
  }
}
