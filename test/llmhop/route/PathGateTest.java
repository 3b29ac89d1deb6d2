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
      assertEquals(closed, gate.closes(method, path + ";x1"), path);
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
        "/v1/responses/resp_1",
        "/v1/models/org%2Fname",
        "/v1/models/a%20b",
        "/v1/models/%E6%A8%A1%E5%9E%8B",
        "/v1//chat/completions",
        "/v1/models/100%25",
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
        "/%70ause",
        "/pause/",
        "/PAUSE",
        "/pause;x",
        "/pause//",
        "/pause.",
        "/%2570ause"
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
      strings = {
        "//pause",
        "/v1/../pause",
        "/pause/.",
        "/pause/../resume",
        "/%2e/pause",
        "/\\pause"
      })
  void aSpellingThatAnUrlParserChangesIsNeverOpened(String spelling) {
    assertTrue(allowing("/pause", "/resume", "/*").closes("POST", spelling));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/x/../api//../delete",
        "///h/api/delete",
        "/\\/h/api/delete",
        "/%2f/h/api/delete",
        "/%5c%5ch/api/delete",
        "/x/%252e%252e/api/delete",
        "/x%3f",
        "/x%23y",
        "/x%09y",
        "/x/..;/y",
        "/v1/./chat/completions",
        "/v1/../x"
      })
  void withoutAKindASpellingThatAnUrlParserChangesIsClosed(String spelling) {
    for (String method : METHODS) {
      assertTrue(allowing().closes(method, spelling), method);
      assertTrue(denying("/other").closes(method, spelling), method);
    }
    var under = new PathGate(PathRules.DEFAULT, List.of(at("/sub", false), at("", true)));
    assertTrue(under.closes("POST", spelling));
  }

  /// What a URL that stands for `/v1` makes of a path must be steady, too.
  @Test
  void aPathThatTurnsIntoAHostIsClosed() {
    var gate = new PathGate(PathRules.DEFAULT, List.of(at("", true)));
    assertTrue(gate.closes("POST", "/v1//host/api/delete"));
    assertFalse(gate.closes("POST", "/v1/chat/completions"));
    var under = new PathGate(PathRules.DEFAULT, List.of(at("/api/v3", true)));
    assertFalse(under.closes("POST", "/v1//chat/completions"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/route",
        "/route/",
        "/route/b/completion",
        "//route/b/completion",
        "/ROUTE/b",
        "/%72oute/b",
        "/route%2fb",
        "/%252froute/b",
        "/x/../route/b",
        "/route;x/b",
        "/llmhop",
        "/llmhop/status",
        "/LLMHOP/status",
        "/llmhop%2Fstatus",
        "/llmhop/status/"
      })
  void theRoutersOwnPrefixesAreClosedAndNothingOpensThem(String path) {
    for (Optional<Kind> kind : everyKindAndNone()) {
      for (List<String> allowed :
          List.of(List.<String>of(), List.of("/*"), List.of("/route", "/llmhop"), List.of(path))) {
        List<String> allow = path.matches("[a-z/]+") ? allowed : List.of("/*");
        for (Endpoint endpoint : List.of(at("", false), at("/route/a", false), at("/p", true))) {
          var gate = new PathGate(new PathRules(kind, allow, List.of()), List.of(endpoint));
          for (String method : METHODS) {
            assertTrue(gate.closes(method, path), kind + " " + allow + " " + endpoint.path());
          }
        }
      }
    }
  }

  @Test
  void aBaseUrlDoesNotTurnAPathIntoOneOfTheRoutersOwn() {
    for (String base : List.of("", "/p", "/route/a")) {
      var gate = new PathGate(PathRules.DEFAULT, List.of(at(base, true)));
      assertTrue(gate.closes("POST", "/v1/route/b/completion"), base);
      assertTrue(gate.closes("GET", "/v1/llmhop/status"), base);
      assertTrue(gate.closes("GET", "/v1//llmhop/status"), base);
      assertFalse(gate.closes("POST", CHAT), base);
    }
  }

  @Test
  void anUrlOfTheOperatorMayLeadToARouter() {
    for (Optional<Kind> kind : everyKindAndNone()) {
      var rules = new PathRules(kind, List.of(), List.of());
      var gate = new PathGate(rules, List.of(at("/route/a", false)));
      assertEquals(
          kind.isPresent() && !EnginePaths.of(kind.get()).has("POST", CHAT),
          gate.closes("POST", CHAT));
      assertTrue(gate.closes("POST", "/../b/completion"));
      assertTrue(gate.closes("POST", "/%2e%2e/b/completion"));
      assertTrue(gate.closes("POST", "/..;/b/completion"));
      assertTrue(gate.closes("POST", "/..%2fb/completion"));
    }
    assertFalse(allowing().closes("GET", "/routes"));
    assertFalse(allowing().closes("GET", "/v1/route"));
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /upstream/other/completion",
    "POST, /upstream/other/completion",
    "GET, /api/captures/6",
    "GET, /unload",
    "POST, /api/models/unload/other",
    "GET, /logs/stream/proxy",
    "GET, /api/events",
    "GET, /running",
    "POST, /v1/model/load",
    "POST, /v1/template/switch",
    "POST, /v1/download",
    "POST, /models/apply",
    "POST, /models/delete/x",
    "POST, /backend/shutdown",
    "GET, /api/traces/1",
    "GET, /api/p2p/token",
    "POST, /v1/engines/other/completions",
    "GET, /ws/backend-logs/other",
    "POST, /stores/get",
    "POST, /v1/text-to-speech/other",
    "POST, /api/v1/models/load",
    "GET, /api/v1/models/download/status/1",
    "GET, /llm",
    "GET, /embedding",
    "POST, /api/admin/reload_config",
    "POST, /api/admin/reload_configX",
    "POST, /x/api/extra/abort",
    "POST, /v1/api/extra/generate/check/",
    "GET, /anything/api/extra/last_logprobs",
    "POST, /api/extra/data/load",
    "PUT, /api/v1/config/soft_prompt",
    "POST, /pd_role_switch",
    "POST, /v1/realtime/client_secrets",
    "POST, /v1/realtime/calls",
    "POST, /v1/realtime/sessions",
    "GET, /v1/organization/projects",
    "POST, /v1/set_lora"
  })
  void whatManagesAnEngineIsClosedWithoutAKindAndWithEach(String method, String path) {
    for (Optional<Kind> kind : everyKindAndNone()) {
      assertTrue(gate(kind, List.of(), List.of()).closes(method, path), kind + " " + path);
    }
  }

  /// Without a kind the tables of all engines hold, and none closes what another is used by.
  @ParameterizedTest
  @EnumSource
  void noAdministrativePathIsAnInferencePath(Kind kind) {
    for (String line : EnginePaths.lines(kind)) {
      String method = line.substring(0, line.indexOf(' '));
      String path = line.substring(line.indexOf(' ') + 1).replace("{id}", "resp_0-Ab9");
      assertFalse(allowing().closes(method, path), line);
      for (Endpoint endpoint : List.of(at("/gw", true), at("/gw", false), at("/gw/v1", false))) {
        assertFalse(new PathGate(PathRules.DEFAULT, List.of(endpoint)).closes(method, path), line);
      }
    }
  }

  @Test
  void aQueryWithAClosedPathIsClosedWhereTheEngineGoesByTheEndOfTheTarget() {
    for (PathGate gate : List.of(allowing(), of(Kind.KOBOLDCPP))) {
      assertTrue(gate.closesQuery("?x=/api/extra/abort"));
      assertTrue(gate.closesQuery("?/api/extra/generate/check/"));
      assertTrue(gate.closesQuery("?a=b&c=/x/api/admin/save_state"));
      assertFalse(gate.closesQuery("?model=org/name"));
      assertFalse(gate.closesQuery(""));
    }
    assertFalse(of(Kind.VLLM).closesQuery("?x=/api/extra/abort"));
  }

  @Test
  void whatClosesIsComparedWithWhatABackendGetsToo() {
    PathRules admin = PathRules.DEFAULT;
    assertTrue(new PathGate(admin, List.of(at("", true))).closes("POST", "/v1/pause"));
    assertTrue(new PathGate(admin, List.of(at("/api", false))).closes("POST", "/pull"));
    assertTrue(new PathGate(admin, List.of(at("/api", true))).closes("POST", "/v1/pull"));
    assertTrue(new PathGate(admin, List.of(at("/x", false))).closes("POST", "/pause"));
    assertFalse(new PathGate(admin, List.of(at("/x", false))).closes("POST", CHAT));
    assertTrue(new PathGate(admin, List.of(at("/gw", true))).closes("POST", "/v1/upstream/b"));
    assertTrue(new PathGate(admin, List.of(at("/gw", true))).closes("POST", "/v1//pause"));
    assertFalse(new PathGate(admin, List.of(at("/gw/v1", false))).closes("POST", CHAT));
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
    String slashes = "/" + "a%2f".repeat(Readings.MOST_SEGMENTS - 1);
    assertFalse(allowing().closes("GET", slashes));
    assertTrue(allowing().closes("GET", slashes + "a%2f"));
  }

  @Test
  void aPathThatIsNotPlainAndTooLongIsClosed() {
    assertFalse(allowing().closes("GET", "/" + "a".repeat(28_000)), "plain");
    String unusual = "/%20" + "a".repeat(Readings.MAX_UNUSUAL_LENGTH - 4);
    assertFalse(allowing().closes("GET", unusual));
    assertTrue(allowing().closes("GET", unusual + "a"));
  }

  /// The work on a path grows with its length at most: four times the length, at most about four
  /// times the work. The path of 28 KB that took 0.25 s is refused by its length.
  @Test
  void theWorkOnAPathIsLinear() {
    String part = "/%25252561%25252e;%2525253b";
    int short1 = work(part.repeat(15));
    int long1 = work(part.repeat(60));
    assertTrue(long1 <= 5 * short1, short1 + " and " + long1);
    assertTrue(long1 <= 5 * (Readings.MOST_SEGMENTS + 1), "places asked about: " + long1);
    assertEquals(0, work("/%2e%2e%2f".repeat(2800)));
    assertEquals(0, work("/x/%252e%252e%252f".repeat(1500)));
  }

  /// How many places are asked about.
  private static int work(String path) {
    int[] asked = new int[1];
    Readings.any(
        path,
        (place, ends) -> {
          asked[0]++;
          return false;
        });
    return asked[0];
  }
}
