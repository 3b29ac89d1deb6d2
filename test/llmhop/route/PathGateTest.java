package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import llmhop.config.Endpoint;
import llmhop.config.Glob;
import llmhop.config.Kind;
import llmhop.config.PathRules;
import llmhop.config.Scheme;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathGateTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final List<String> METHODS =
      List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "post");

  private static PathGate gate(Optional<Kind> kind, List<String> allow, List<String> deny) {
    return new PathGate(new PathRules(kind, allow, deny), List.of(at("", false)));
  }

  private static PathGate of(Kind kind) {
    return gate(Optional.of(kind), List.of(), List.of());
  }

  private static PathGate allowing(String... paths) {
    return gate(Optional.empty(), List.of(paths), List.of());
  }

  private static PathGate denying(String... paths) {
    return gate(Optional.empty(), List.of(), List.of(paths));
  }

  private static Endpoint at(String path, boolean replacesV1) {
    return new Endpoint(
        Scheme.HTTP, "h", 80, "", path, replacesV1, false, 1, List.of(), OptionalInt.empty());
  }

  private static List<Optional<Kind>> everyKindAndNone() {
    List<Optional<Kind>> all = new ArrayList<>(List.of(Optional.empty()));
    for (Kind kind : Kind.values()) all.add(Optional.of(kind));
    return all;
  }

  /// An example of each line of the administrative table.
  private static List<String> administrative() {
    List<String> paths = new ArrayList<>(AdminPaths.CLOSED);
    for (Glob family : AdminPaths.FAMILIES) paths.add(family.pattern().replace("*", "prefix"));
    return paths;
  }

  private static Stream<String> spellingsOfPause() {
    return Spellings.of("/pause").stream();
  }

  @Test
  void administrativePathsAreClosedUnderEveryKindInEverySpellingForEveryMethod() {
    for (Optional<Kind> kind : everyKindAndNone()) {
      PathGate gate = gate(kind, List.of(), List.of());
      for (String path : administrative()) {
        for (String spelling : Spellings.of(path)) {
          for (String method : METHODS) {
            assertTrue(gate.closes(method, spelling), kind + " " + method + " " + spelling);
          }
        }
        assertTrue(gate.closes("POST", path + "/below"), path);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"POST, true", "post, true", "DELETE, true", "PUT, true", "GET, false", "HEAD, false"})
  void someOfThemMayBeRead(String method, boolean closed) {
    for (String path : AdminPaths.READ_ONLY) {
      PathGate gate = denying("/x");
      assertEquals(closed, gate.closes(method, path), path);
      assertEquals(closed, gate.closes(method, path + "/"), path);
      assertEquals(closed, gate.closes(method, path + ";/../x1"), path);
      assertFalse(gate.closes(method, path + "/llama/v1/completions"), path);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        CHAT,
        "/sleepy",
        "/v1/sleep",
        "/tokenize",
        "/api/chat",
        "/resume_later",
        "/reset_cache_x",
        "/metrics",
        "/v1/models",
        "/v1/../" + "x",
        "/%C3%A4/y;z=1//",
        "/v1/streaming"
      })
  void withoutAKindAllElseIsOpenInAnySpelling(String path) {
    assertFalse(allowing().closes("POST", path));
    assertFalse(allowing().closes("GET", path));
  }

  @Test
  void withoutAKindNoPathThatEnginesAnswerByModelIsClosed() {
    for (String path : ModelName.BY_MODEL) {
      // A slash at the end takes the longer way, by the rules.
      assertFalse(allowing().closes("POST", path + "/"), path);
      assertFalse(allowing().closes("POST", path), path);
    }
  }

  @ParameterizedTest
  @EnumSource
  void withAKindItsPathsAreOpenForTheirMethodOnly(Kind kind) {
    PathGate gate = of(kind);
    for (String line : EnginePaths.lines(kind)) {
      String method = line.substring(0, line.indexOf(' '));
      String path = line.substring(line.indexOf(' ') + 1).replace("{id}", "resp_0-Ab9");
      assertFalse(gate.closes(method, path), line);
      assertTrue(gate.closes("PATCH", path), line);
      assertTrue(gate.closes(method.toLowerCase(java.util.Locale.ROOT), path), line);
      for (String spelling : Spellings.of(path)) {
        if (!spelling.equals(path)) {
          assertTrue(gate.closes(method, spelling), kind + " " + spelling);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void withAKindAllElseIsClosed(Kind kind) {
    for (String path :
        List.of(
            "/",
            "/v1/models",
            "/v1/models/m",
            "/v1/files",
            "/v1/batches",
            "/v1/fine_tuning/jobs",
            "/v1/vector_stores",
            "/v1/organization/users",
            "/v1/assistants",
            "/v1/threads",
            "/v1/realtime/client_secrets",
            "/metrics",
            "/health",
            "/health_generate",
            "/props",
            "/api/tags",
            "/api/ps",
            "/v1",
            "/v1/chat",
            CHAT + "/x",
            "/v1/responses/a/b/cancel",
            "/v1/responses/a.b",
            "/v1/responses/",
            "/x",
            "",
            "x",
            "*")) {
      for (String method : METHODS) {
        assertTrue(of(kind).closes(method, path), method + " " + path);
      }
    }
    assertTrue(of(kind).closes("GET", CHAT), "a list of what all callers have stored");
  }

  @ParameterizedTest
  @MethodSource("spellingsOfPause")
  void whatIsDeniedIsDeniedInEverySpelling(String spelling) {
    assertTrue(denying("/pause").closes("POST", spelling));
    assertTrue(denying("/PAUSE/").closes("POST", spelling));
    assertTrue(denying("/pa*").closes("GET", spelling));
    assertTrue(
        gate(Optional.empty(), List.of("/*"), List.of("/pause")).closes("GET", spelling),
        "whatever allowPaths says");
  }

  @Test
  void denyPathsWinsOverEverythingAndReachesBelow() {
    for (Optional<Kind> kind : everyKindAndNone()) {
      PathGate gate = gate(kind, List.of("/v1/*"), List.of("/v1/chat", "/v1/emb*"));
      assertTrue(gate.closes("POST", CHAT));
      assertTrue(gate.closes("POST", "/v1/Chat/completions"));
      assertTrue(gate.closes("POST", "/v1/embeddings"));
      assertFalse(gate.closes("POST", "/v1/completions"));
      assertFalse(gate.closes("POST", "/v1/chatter"));
    }
    assertTrue(denying("/").closes("GET", "/"));
    assertTrue(denying("/").closes("GET", "/v1/.."));
    assertFalse(denying("/").closes("GET", "/v1"));
  }

  @Test
  void allowPathsOpensWhatItNamesAndNothingElse() {
    for (Optional<Kind> kind : everyKindAndNone()) {
      PathGate gate = gate(kind, List.of("/sleep", "/reset_*_cache", "/v1/models/"), List.of());
      assertFalse(gate.closes("POST", "/sleep"));
      assertFalse(gate.closes("GET", "/sleep/now"));
      assertFalse(gate.closes("POST", "/reset_mm_cache"));
      assertFalse(gate.closes("GET", "/v1/models/meta:7b"));
      assertTrue(gate.closes("POST", "/wake_up"));
      assertTrue(gate.closes("POST", "/sleep/../wake_up"));
      assertEquals(kind.isPresent(), gate.closes("GET", "/v1/other"));
    }
  }

  /// With a kind only what all servers read alike is open.
  @Test
  void withAKindAllowPathsOpensNoOtherSpelling() {
    for (Kind kind : Kind.values()) {
      for (String pattern : List.of("/pause", "/*", "/pa*se")) {
        PathGate gate = gate(Optional.of(kind), List.of(pattern), List.of());
        assertFalse(gate.closes("POST", "/pause"));
        for (String spelling : Spellings.of("/pause")) {
          if (!spelling.equals("/pause")) {
            // With a pattern that takes any case, another case is a path of its own.
            boolean otherCase = pattern.equals("/*") && spelling.equals("/PAUSE");
            assertEquals(!otherCase, gate.closes("POST", spelling), pattern + " " + spelling);
          }
        }
      }
    }
  }

  /// Without one a spelling meets the rule of the path that a backend would see.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/pause",
        "//pause",
        "/%70ause",
        "/v1/../pause",
        "/pause/",
        "/PAUSE",
        "/pause;x",
        "/pause%00",
        "/%2570ause",
        "/pause/."
      })
  void withoutAKindAllowPathsOpensEverySpelling(String spelling) {
    for (String pattern : List.of("/pause", "/Pause", "/pa*se", "/pause/")) {
      assertFalse(allowing(pattern).closes("POST", spelling), pattern);
    }
    assertTrue(allowing("/resume").closes("POST", spelling));
    assertTrue(
        gate(Optional.empty(), List.of("/pause"), List.of("/pause")).closes("POST", spelling));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/pause/../resume", "/pause;/../resume", "/resume/../pause", "/%72esume/../pause"})
  void aSpellingThatPassesAnotherClosedPathIsNotOpened(String spelling) {
    assertTrue(allowing("/pause").closes("POST", spelling));
    assertFalse(allowing("/pause", "/resume").closes("POST", spelling));
  }

  @Test
  void whatClosesIsComparedWithWhatABackendGetsToo() {
    PathRules admin = PathRules.DEFAULT;
    assertTrue(new PathGate(admin, List.of(at("", true))).closes("POST", "/v1/pause"));
    assertTrue(new PathGate(admin, List.of(at("/api", false))).closes("POST", "/pull"));
    assertTrue(new PathGate(admin, List.of(at("/api", true))).closes("POST", "/v1/pull"));
    assertTrue(new PathGate(admin, List.of(at("/x", false))).closes("POST", "/pause"));
    assertFalse(new PathGate(admin, List.of(at("/x", false))).closes("POST", CHAT));
    var deny = new PathRules(Optional.of(Kind.OPENAI), List.of(), List.of("/api/v3/embeddings"));
    var second = new PathGate(deny, List.of(at("", false), at("/api/v3", true)));
    assertTrue(second.closes("POST", "/v1/embeddings"), "of any of the endpoints");
    assertFalse(second.closes("POST", CHAT));
  }

  @Test
  void whatOpensIsComparedWithWhatTheCallerWrites() {
    var rules = new PathRules(Optional.of(Kind.OPENAI), List.of("/v1/models"), List.of());
    for (Endpoint endpoint : List.of(at("/api/v3", true), at("/v1", false), at("/x", false))) {
      var gate = new PathGate(rules, List.of(endpoint));
      assertFalse(gate.closes("POST", CHAT));
      assertFalse(gate.closes("GET", "/v1/models"));
      assertTrue(gate.closes("POST", "/chat/completions"));
      assertTrue(gate.closes("POST", "/api/v3/chat/completions"));
      assertTrue(gate.closes("POST", "/v1/../v1/chat/completions"));
    }
  }

  @Test
  void aPathOfTooManySegmentsIsClosed() {
    assertFalse(allowing().closes("GET", "/a".repeat(Readings.MOST_SEGMENTS)));
    assertTrue(allowing().closes("GET", "/a".repeat(Readings.MOST_SEGMENTS + 1)));
    assertTrue(allowing().closes("GET", "/%2e%2e%2fa".repeat(3000)));
  }
}
