package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
  @Test
  void pathAndQueryStayAsTheyCame() {
    Target target = Target.parse("/v1//x%2Fy/../z;a=b?q=%41&r=+");
    assertEquals("/v1//x%2Fy/../z;a=b", target.path());
    assertEquals("?q=%41&r=+", target.query());
    assertEquals(Optional.empty(), target.routed());
  }

  @Test
  void twoLeadingSlashesAreAPathAndNoHost() {
    assertEquals("//v1/x", Target.parse("//v1/x").path());
  }

  @ParameterizedTest
  @CsvSource({
    "http://h/v1/x?y=1, /v1/x, ?y=1",
    "http://h, /, ''",
    "http://h?y=/z, /, ?y=/z",
    "/a?b=http://c/d, /a, ?b=http://c/d"
  })
  void absoluteFormGivesWhatFollowsTheAuthority(String raw, String path, String query) {
    assertEquals(path, Target.parse(raw).path());
    assertEquals(query, Target.parse(raw).query());
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "v1/x", "", "/a b", "/a#b", "/a\u007f", "/\u00e4"})
  void otherFormsAreRefused(String raw) {
    Refusal refusal = assertThrows(Refusal.class, () -> Target.parse(raw));
    assertEquals("bad_request", refusal.code());
  }

  @ParameterizedTest
  @CsvSource({
    "/route/llama/v1/chat/completions, llama, /v1/chat/completions",
    "/route/meta%2Fllama/x, meta/llama, /x",
    "/route/a%20b, a b, /",
    "/route/a+b/, a+b, /",
    "/route/%C3%A4/y?z, ä, /y"
  })
  void aRoutePrefixNamesTheModelAndIsCutOff(String raw, String model, String rest) {
    Target target = Target.parse(raw);
    assertEquals(Optional.of(model), target.routed());
    assertEquals(rest, target.path());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/route/", "/route//x"})
  void aRoutePrefixWithoutACleanNameIsRefused(String raw) {
    assertEquals("invalid_request", assertThrows(Refusal.class, () -> Target.parse(raw)).code());
  }

  @ParameterizedTest
  @CsvSource({
    "/x?model=a, a",
    "/x?model=a%2Fb&y=1, a/b",
    "/x?y&model=a+b, a b",
    "/x?model=a&model=a, a",
    "/x?mode%6c=a, a"
  })
  void aQueryParameterIsDecoded(String raw, String value) {
    assertEquals(Optional.of(value), Target.parse(raw).parameter("model"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/x", "/x?", "/x?models=a", "/x?model="})
  void aMissingOrEmptyParameterIsNothing(String raw) {
    assertEquals(Optional.empty(), Target.parse(raw).parameter("model"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/x%zz", "/x%4", "/x%", "/x/%ff/y", "/route/%ff/x", "/route/%4"})
  void aPathWithABrokenEscapeIsRefused(String raw) {
    assertEquals("bad_request", assertThrows(Refusal.class, () -> Target.parse(raw)).code());
  }

  @ParameterizedTest
  @CsvSource({
    "/x?model=a&model=b, duplicate_model",
    "/x?model=a&Model=a, duplicate_model",
    "/x?Model=a, duplicate_model",
    "/x?model=%ff, invalid_request"
  })
  void aParameterInSeveralWaysIsRefused(String raw, String code) {
    Target target = Target.parse(raw);
    Refusal refusal = assertThrows(Refusal.class, () -> target.parameter("model"));
    assertEquals(code, refusal.code());
  }

  @ParameterizedTest
  @CsvSource({
    "/a/./b, true",
    "/a/../b, true",
    "/a/%2e%2E/b, true",
    "/a/..%2fb, true",
    "/a/%252e%252e/b, true",
    "/a/..%5cb, true",
    "/a/..., false",
    "/a/.b/c..d, false"
  })
  void dotSegmentsAreSeenInEverySpelling(String raw, boolean expected) {
    assertEquals(expected, Target.parse(raw).hasDotSegments());
  }
}
