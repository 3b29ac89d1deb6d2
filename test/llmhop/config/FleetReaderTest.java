package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a config says of a model's fleet: who is chosen, who is well, who stands in.
class FleetReaderTest {
  private static FleetRules fleet(String members) throws ConfigException {
    return Reading.model("'urls': ['http://a', 'http://b'], " + members).fleet();
  }

  @Test
  void nothingIsOnUnlessItIsAskedFor() throws ConfigException {
    Model model = Reading.model("'url': 'http://h'");
    assertEquals(FleetRules.DEFAULT, model.fleet());
    assertEquals(Failover.DEFAULT, model.failover());
    assertEquals(1, model.failover().most());
    assertTrue(!model.failover().isOn() && !model.failover().whenBusy());
    assertEquals(Optional.empty(), model.catalog());
  }

  @Test
  void everyPolicyHasAName() throws ConfigException {
    assertEquals(new Balance.LeastBusy(), fleet("'balance': 'least-busy'").balance());
    assertEquals(new Balance.RoundRobin(), fleet("'balance': 'round-robin'").balance());
    assertEquals(new Balance.PowerOfTwo(), fleet("'balance': 'power-of-two'").balance());
    assertEquals(new Balance.Prefix(1024), fleet("'balance': 'prefix'").balance());
    assertEquals(
        new Balance.Prefix(4096),
        fleet("'balance': {'policy': 'prefix', 'bytes': '4KiB'}").balance());
    assertEquals(
        new Balance.Session(
            List.of(
                new Balance.Key(true, "X-Session-ID"),
                new Balance.Key(false, "user"),
                new Balance.Key(false, "prompt_cache_key"))),
        fleet("'balance': 'session'").balance());
    assertEquals(
        new Balance.Session(
            List.of(new Balance.Key(false, "user"), new Balance.Key(true, "X-Chat"))),
        fleet("'balance': {'policy': 'session', 'keys': ['body:user', 'header:X-Chat']}")
            .balance());
  }

  @Test
  void healthLoadAndTimesAreRead() throws ConfigException {
    FleetRules rules =
        fleet(
            "'health': {'path': '/ping', 'every': '1s', 'timeout': '300ms', 'down': 5, 'up': 1},"
                + " 'load': {'from': 'sglang', 'every': '500ms'}, 'slowStart': '30s',"
                + " 'waitForBackend': '20s'");
    assertEquals(
        Optional.of(new HealthCheck("/ping", Duration.ofSeconds(1), Duration.ofMillis(300), 5, 1)),
        rules.health());
    assertEquals(
        Optional.of(new LoadSource(LoadSource.Engine.SGLANG, Duration.ofMillis(500))),
        rules.load());
    assertEquals(Duration.ofSeconds(30), rules.slowStart());
    assertEquals(Optional.of(Duration.ofSeconds(20)), rules.waitForBackend());
  }

  @Test
  void anEmptyHealthCheckHasItsDefaultsAndATimeoutThatFitsIn() throws ConfigException {
    assertEquals(Optional.of(HealthCheck.DEFAULT), fleet("'health': {}").health());
    assertEquals(
        Duration.ofSeconds(1), fleet("'health': {'every': '1s'}").health().orElseThrow().timeout());
  }

  @ParameterizedTest
  @CsvSource({
    "vllm, /health, VLLM",
    "sglang, /health, SGLANG",
    "llamacpp, /health, LLAMACPP",
    "ollama, /, ",
    "openai, /v1/models, ",
    "llamaswap, /health, ",
    "tabbyapi, /health, ",
    "aphrodite, /health, ",
    "localai, /readyz, ",
    "lmstudio, /v1/models, ",
    "koboldcpp, /v1/models, ",
    "tgi, /health, "
  })
  void aKindKnowsWhatItIsAsked(String kind, String path, LoadSource.Engine engine)
      throws ConfigException {
    String member = "'kind': '" + kind + "', ";
    assertEquals(path, fleet(member + "'health': {}").health().orElseThrow().path());
    assertEquals("/x", fleet(member + "'health': {'path': '/x'}").health().orElseThrow().path());
    assertEquals(
        Optional.of(LoadSource.Engine.SGLANG),
        fleet(member + "'load': {'from': 'sglang'}").load().map(LoadSource::engine));
    assertEquals(Optional.empty(), fleet(member + "'slowStart': '1s'").health());
    if (engine == null) {
      String problem = Reading.problemOfModel("'url': 'http://h', " + member + "'load': {}");
      assertTrue(problem.startsWith("models.m.load: has no \"from\""), problem);
    } else {
      assertEquals(
          Optional.of(new LoadSource(engine, LoadSource.USUAL_EVERY)),
          fleet(member + "'load': {}").load());
    }
  }

  @Test
  void whatIsToHappenWhenAllAreDownIsAWord() throws ConfigException {
    assertTrue(fleet("'whenAllDown': 'refuse'").refuseWhenAllDown());
    assertTrue(!fleet("'whenAllDown': 'try'").refuseWhenAllDown());
  }

  @Test
  void retriesAreForAllReasonsWhereTheyAreAskedFor() throws ConfigException {
    Failover failover = Reading.model("'url': 'http://h', 'retries': 2").failover();
    assertEquals(OptionalInt.of(2), failover.retries());
    assertTrue(failover.whenBusy());
    assertEquals(0, Reading.model("'url': 'http://h', 'retries': 0").failover().most());
    assertEquals(10, Reading.model("'url': 'http://h', 'retries': 10").failover().most());
  }

  @Test
  void aDiscoveredNameIsReadWithItsScheme() throws ConfigException {
    Model model =
        Reading.model("'urls': ['dns+http://fleet.svc:8000/api', 'DNS+https://other.svc']");
    Endpoint first = model.endpoints().getFirst();
    assertTrue(first.discovered());
    assertEquals("fleet.svc", first.host());
    assertEquals("/api", first.path());
    assertEquals(Scheme.HTTPS, model.endpoints().getLast().scheme());
    assertTrue(model.endpoints().getLast().discovered());
    assertTrue(Reading.model("'url': 'dns+http://x:1'").endpoints().getFirst().discovered());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'balance': 5|models.m.balance: expected a policy's name, or an object",
        "'balance': 'fastest'|models.m.balance: \"fastest\" is no policy",
        "'balance': 'round robin'|models.m.balance: \"round robin\" is no policy, did you mean",
        "'balance': {}|models.m.balance: has no \"policy\"",
        "'balance': {'policy': 'prefix', 'bytes': 0}|models.m.balance.bytes: must be 1 to 64KiB",
        "'balance': {'policy': 'prefix', 'bytes': 65537}|models.m.balance.bytes: must be 1 to",
        "'balance': {'policy': 'session', 'bytes': 5}|models.m.balance.bytes: only \"prefix\"",
        "'balance': {'policy': 'prefix', 'keys': ['body:a']}|models.m.balance.keys: only \"sess",
        "'balance': {'policy': 'session', 'keys': []}|models.m.balance.keys: an empty list",
        "'balance': {'policy': 'session', 'keys': ['user']}|models.m.balance.keys[0]: write it",
        "'balance': {'policy': 'session', 'keys': ['body:']}|models.m.balance.keys[0]: a name is",
        "'balance': {'policy': 'session', 'keys': ['body:model']}|models.m.balance.keys[0]: the",
        "'health': {'path': 'health'}|models.m.health.path: a path begins with /",
        "'health': {'path': '/health_generate'}|models.m.health.path: this one runs a generation",
        "'health': {'path': '//health_generate'}|models.m.health.path: this one runs",
        "'health': {'every': '50ms'}|models.m.health.every: must be at least 100ms",
        "'health': {'timeout': '0s'}|models.m.health.timeout: must be longer than 0",
        "'health': {'down': 0}|models.m.health.down: must be a whole number from 1 to 100",
        "'health': {'up': 101}|models.m.health.up: must be a whole number from 1 to 100",
        "'health': {'interval': '5s'}|models.m.health.interval: unknown key, known are path,",
        "'load': {}|models.m.load: has no \"from\"",
        "'load': {'from': 'ollama'}|models.m.load.from: \"ollama\" is none of",
        "'whenAllDown': 'panic'|models.m.whenAllDown: \"panic\" is neither",
        "'waitForBackend': '0s'|models.m.waitForBackend: must be longer than 0",
        "'waitForBackend': '5s', 'whenAllDown': 'try'|models.m.whenAllDown: \"waitForBackend\"",
        "'retries': 11|models.m.retries: must be a whole number from 0 to 10",
        "'retries': -1|models.m.retries: must be a whole number from 0 to 10",
        "'fallback': 'x'|models.m.fallback: expected a list of models",
        "'fallback': []|models.m.fallback: an empty list",
        "'fallback': ['m']|models.m.fallback[0]: a model can't stand in for itself",
        "'fallback': ['n']|models.m.fallback[0]: no model takes the name \"n\", did you mean",
        "'catalog': '500ms'|models.m.catalog: must be at least 1s",
      })
  void aWrongValueIsRefused(String members, String message) {
    String problem = Reading.problemOfModel("'url': 'http://h', " + members);
    assertTrue(problem.startsWith(message), problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'url': 'dns+http://10.0.0.1:80'|models.m.url: an address is no name to look up",
        "'url': 'dns+http://[::1]:80'|models.m.url: an address is no name to look up",
        "'url': 'dns+unix:///run/x.sock'|models.m.url: a Unix socket has no name to look up",
        "'url': 'dns+http://h', 'proxy': 'http://p:1'|models.m.proxy: a proxy looks names up",
        "'url': 'dns+ftp://h'|models.m.url: not an absolute URL",
      })
  void aDiscoveredPlaceMustBeAName(String members, String message) {
    String problem = Reading.problemOfModel(members);
    assertTrue(problem.startsWith(message), problem);
  }

  @Test
  void aThousandAndTwentyFourUrlsAreFineAndOneMoreIsNot() throws ConfigException {
    var urls = new StringBuilder("'urls': ['http://h:1'");
    for (int i = 2; i <= 1024; i++) urls.append(", 'http://h:").append(i).append("'");
    assertEquals(1024, Reading.model(urls + "]").endpoints().size());
    assertEquals(
        "models.m.urls: at most 1024 URLs (line 1)",
        Reading.problemOfModel(urls + ", 'http://h:1025']"));
  }

  private static String keys(int from, int to) {
    var keys = new StringBuilder();
    for (int i = from; i < to; i++) keys.append(i == from ? "" : ", ").append("'body:k" + i + "'");
    return "'balance': {'policy': 'session', 'keys': [" + keys + "]}";
  }

  @Test
  void eightKeysOfAModelAndSixteenMembersOfAllAreFineAndOneMoreIsNot() throws ConfigException {
    Reading.model("'url': 'http://h', " + keys(0, 8));
    assertEquals(
        "models.m.balance.keys: at most 8 keys (line 1)",
        Reading.problemOfModel("'url': 'http://h', " + keys(0, 9)));
    String two = "{'models': {'a': {'url': 'http://h', %s}, 'b': {'url': 'http://h', %s}%s}}";
    Reading.config(two.formatted(keys(0, 8), keys(8, 16), ""));
    String third = ", 'c': {'url': 'http://h', " + keys(16, 17) + "}";
    assertTrue(
        Reading.problems(two.formatted(keys(0, 8), keys(8, 16), third))
            .getFirst()
            .startsWith("models: sessions go by 17 members of bodies in all, at most 16"));
  }

  @Test
  void eightStandInsAreFineAndNineAreNot() throws ConfigException {
    Reading.config(models("b,c,d,e,f,g,h,i", "", "", "", "", "", "", "", ""));
    assertEquals(
        List.of("models.a.fallback: at most 8 (line 1)"),
        Reading.problems(models("b,c,d,e,f,g,h,i,j", "", "", "", "", "", "", "", "", "")));
    assertEquals(
        List.of("models.a.fallback: names a model twice (line 1)"),
        Reading.problems(models("b,b", "")));
  }

  // ---- who stands in for whom

  private static String models(String... fallbacks) {
    var json = new StringBuilder("{'models': {");
    for (int i = 0; i < fallbacks.length; i++) {
      char name = (char) ('a' + i);
      json.append(i == 0 ? "" : ", ").append("'").append(name).append("': {'url': 'http://h'");
      if (!fallbacks[i].isEmpty()) {
        json.append(", 'fallback': ['").append(fallbacks[i].replace(",", "', '")).append("']");
      }
      json.append("}");
    }
    return json + "}}";
  }

  @Test
  void aChainOfThreeIsFineAndOneOfFourIsNot() throws ConfigException {
    assertEquals(4, Reading.config(models("b", "c", "d", "")).models().size());
    List<String> problems = Reading.problems(models("b", "c", "d", "e", ""));
    assertEquals(
        List.of("models.a.fallback[0]: a chain of 4 fallbacks, at most 3 are tried (line 1)"),
        problems);
  }

  @Test
  void aCircleIsRefusedAtEachOfItsModels() {
    List<String> problems = Reading.problems(models("b", "c", "a"));
    assertEquals(3, problems.size(), problems.toString());
    problems.forEach(p -> assertTrue(p.contains("leads back"), p));
  }

  @Test
  void aCircleBesideTheWayIsRefusedToo() {
    List<String> problems = Reading.problems(models("b", "c", "b"));
    problems.forEach(p -> assertTrue(p.contains("leads back"), p));
    assertTrue(problems.size() >= 2, problems.toString());
  }

  @Test
  void twoWaysToOneModelAreNoCircle() throws ConfigException {
    assertEquals(4, Reading.config(models("b,c", "d", "d", "")).models().size());
  }

  @Test
  void aliasesAndPrefixesLeadToTheirModels() throws ConfigException {
    String json =
        "{'models': {'a': {'url': 'http://h', 'fallback': ['bb', 'hosted/x']},"
            + "'b': {'url': 'http://h', 'aliases': ['bb']}, 'hosted/*': {'url': 'http://h'}}}";
    assertEquals(
        List.of("bb", "hosted/x"), Reading.config(json).models().getFirst().failover().fallback());
    String circle =
        "{'models': {'a': {'url': 'http://h', 'fallback': ['bb']},"
            + "'b': {'url': 'http://h', 'aliases': ['bb'], 'fallback': ['a']}}}";
    assertEquals(2, Reading.problems(circle).size());
  }

  @Test
  void anAliasOfAPrefixLeadsToItsOwnModelAndNotToALongerPrefix() {
    String json =
        "{'models': {'a/b/*': {'url': 'http://h'}, 'a/*': {'url': 'http://h', 'rename': 'r',"
            + " 'aliases': ['a/b/c'], 'fallback': ['z']}, 'z': {'url': 'http://h',"
            + " 'fallback': ['a/b/c']}}}";
    assertEquals(2, Reading.problems(json).size(), "a circle through the alias");
  }

  @Test
  void aDenseWebOfFallbacksIsJudgedInNoTime() {
    String[] all = new String[26];
    for (int i = 0; i < all.length; i++) {
      var names = new StringBuilder();
      for (int j = 1; j <= 8; j++)
        names.append(j == 1 ? "" : ",").append((char) ('a' + (i + j) % 26));
      all[i] = names.toString();
    }
    assertTrue(!Reading.problems(models(all)).isEmpty());
  }

  // ---- whatever a backend lists

  @Test
  void aStarTakesWhatItsBackendsListAndMustSayHowOftenToAsk() throws ConfigException {
    Config config = Reading.config("{'models': {'*': {'url': 'http://h', 'catalog': '60s'}}}");
    assertEquals(Optional.of(Duration.ofSeconds(60)), config.models().getFirst().catalog());
    assertTrue(
        Reading.problems("{'models': {'*': {'url': 'http://h'}}}")
            .getFirst()
            .contains("say how often to ask: \"catalog\""));
    for (String member : List.of("'aliases': ['x']", "'rename': 'x'", "'adapters': ['x']")) {
      String json = "{'models': {'*': {'url': 'http://h', 'catalog': '60s', " + member + "}}}";
      assertTrue(Reading.problems(json).getFirst().contains("as they are"), member);
    }
    assertTrue(
        Reading.problems("{'default': '*', 'models': {'*': {'url': 'http://h', 'catalog': '60s'}}}")
            .getFirst()
            .startsWith("default: \"*\" is no name"));
  }

  @Test
  void anInstanceIsAToken() throws ConfigException {
    assertEquals(Optional.of("edge-1.lan"), Reading.with("'instance': 'edge-1.lan'").instance());
    for (String bad : List.of("", "a b", "a,b", "é", "x".repeat(64))) {
      assertTrue(Reading.problemWith("'instance': '" + bad + "'").startsWith("instance: "), bad);
    }
  }
}
