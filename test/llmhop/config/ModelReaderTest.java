package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelReaderTest {
  @Test
  void aUrlIsAllThatAModelNeeds() throws ConfigException {
    assertEquals(
        new Model(
            "m",
            List.of(
                new Endpoint(
                    Scheme.HTTP, "h", 80, "", "", false, false, 1, List.of(), OptionalInt.empty())),
            List.of(),
            false,
            List.of(),
            Optional.empty(),
            List.of(),
            PathRules.DEFAULT,
            Tls.NONE,
            Optional.empty(),
            Optional.empty(),
            false,
            Timeouts.DEFAULT,
            FleetRules.DEFAULT,
            Failover.DEFAULT,
            Optional.empty(),
            ModelLimits.NONE),
        Reading.model("'url': 'http://h'"));
  }

  @Test
  void everyKeyOfAModelIsRead() throws ConfigException {
    Model model =
        Reading.model(
            """
            'urls': ['https://a', {'url': 'https://b', 'weight': 1000}],
            'unlisted': true, 'aliases': ['x', 'y'], 'rename': 'z', 'adapters': ['lora'],
            'allowPaths': ['/slots', '/lora-*'], 'hosted': true, 'keepAlive': '30s',
            'tls': {'ca': 'ca.pem', 'cert': '/c.pem', 'key': '/k.pem', 'serverName': 'name'},
            'timeouts': {'connect': '1s', 'firstByte': '2s', 'idle': '3s', 'total': '4s'}
            """);
    assertEquals(List.of(1, 1000), model.endpoints().stream().map(Endpoint::weight).toList());
    assertTrue(model.unlisted());
    assertEquals(List.of("x", "y"), model.aliases());
    assertEquals(Optional.of("z"), model.rename());
    assertEquals(List.of("lora"), model.adapters());
    assertEquals(List.of("/slots", "/lora-*"), model.paths().allow());
    assertTrue(model.hosted());
    assertEquals(Optional.of(Duration.ofSeconds(30)), model.keepAlive());
    assertEquals(
        new Tls(
            Optional.of(Path.of("ca.pem")),
            Optional.of(Path.of("/c.pem")),
            Optional.of(Path.of("/k.pem")),
            Optional.of("name")),
        model.tls());
    assertEquals(
        new Timeouts(
            Duration.ofSeconds(1),
            Optional.of(Duration.ofSeconds(2)),
            Optional.of(Duration.ofSeconds(3)),
            Optional.of(Duration.ofSeconds(4))),
        model.timeouts());
  }

  @Test
  void aBaseUrlReplacesV1() throws ConfigException {
    Endpoint endpoint = Reading.model("'baseUrl': 'https://h/api/v3/'").endpoints().getFirst();
    assertTrue(endpoint.replacesV1());
    assertEquals("/api/v3", endpoint.path());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "|models.m: nothing says where it is served, give it a \"url\"",
        "'url': 'http://h', 'urls': ['http://h']|models.m.urls: \"url\" is given already, keep one",
        "'baseUrl': 'http://h', 'urls': ['http://h']|models.m.baseUrl: \"urls\" is given already",
        "'baseUrl': 'unix:///a'|models.m.baseUrl: a Unix socket has no path for /v1",
        "'url': 5|models.m.url: expected a string, found a number",
        "'url': null|models.m.url: expected a string, found null",
        "'urls': []|models.m.urls: an empty list, name at least one URL",
        "'urls': 'http://h'|models.m.urls: expected a list of URLs, found a string",
        "'urls': [5]|models.m.urls[0]: expected a URL as a string, or an object with",
        "'urls': [{'weight': 1}]|models.m.urls[0]: has no \"url\"",
        "'urls': [{'url': 'http://h', 'weight': 0}]|models.m.urls[0].weight: must be a whole",
        "'urls': [{'url': 'http://h', 'weight': 1001}]|models.m.urls[0].weight: must be a whole",
        "'urls': [{'url': 'http://h', 'weight': 1.5}]|models.m.urls[0].weight: must be a whole",
        "'urls': [{'url': 'http://h', 'weight': '1'}]|models.m.urls[0].weight: expected a number",
        "'urls': [{'ur': 'http://h'}]|models.m.urls[0].ur: unknown key, did you mean \"url\"?",
      })
  void whereItIsServedIsSaidOnceAndRight(String members, String message) {
    List<String> problems =
        Reading.problems("{'models': {'m': {" + (members == null ? "" : members) + "}}}");
    assertTrue(problems.getFirst().startsWith(message), problems.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'unlisted': 'yes'|models.m.unlisted: expected true or false, found a string",
        "'hosted': 1|models.m.hosted: expected true or false, found a number",
        "'aliases': 'x'|models.m.aliases: expected a list of names, found a string",
        "'aliases': []|models.m.aliases: an empty list, leave the key out",
        "'aliases': ['x/*']|models.m.aliases[0]: a * stands only at the end of a model's key",
        "'adapters': ['*']|models.m.adapters[0]: a * stands only at the end of a model's key",
        "'adapters': ['']|models.m.adapters[0]: a model's name can't be empty",
        "'rename': ''|models.m.rename: a model's name can't be empty",
        "'rename': '*'|models.m.rename: \"*\" cuts off a prefix, this model's name doesn't end",
        "'rename': 'a*'|models.m.rename: a * stands only at the end",
        "'allowPaths': ['slots']|models.m.allowPaths[0]: a path begins with /",
        "'allowPaths': ['/a b']|models.m.allowPaths[0]: a path is visible ASCII",
        "'allowPaths': ['/%73lots']|models.m.allowPaths[0]: it is compared with plain paths",
        "'allowPaths': ['/a?b']|models.m.allowPaths[0]: it is compared with plain paths",
        "'allowPaths': ['//a']|models.m.allowPaths[0]: it is compared with normalised paths",
        "'allowPaths': ['/a/..']|models.m.allowPaths[0]: it is compared with normalised paths",
        "'tls': {'cert': 'c'}|models.m.tls: \"cert\" and \"key\" go together",
        "'tls': {'key': 'k'}|models.m.tls: \"cert\" and \"key\" go together",
        "'tls': {'ca': ''}|models.m.tls.ca: the path of a file can't be empty",
        "'tls': {'serverName': 'a b'}|models.m.tls.serverName: not a host name",
        "'tls': {'insecure': true}|models.m.tls.insecure: unknown key, known are ca, cert, key,",
        "'timeouts': '5s'|models.m.timeouts: expected an object, found a string",
        "'timeouts': {'read': '5s'}|models.m.timeouts.read: unknown key, known are connect,",
        "'quue': 2|models.m.quue: unknown key, did you mean",
      })
  void aWrongValueIsRefused(String members, String message) {
    String problem = Reading.problemOfModel("'url': 'https://h', " + members);
    assertTrue(problem.startsWith(message), problem);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"m", "qwen2.5:7b", "meta/llama", "meta/*", "a/b/*", "ä 模型", "\\ud83d\\ude00"})
  void aModelHasAName(String name) throws ConfigException {
    assertEquals(
        1, Reading.config("{'models': {'" + name + "': {'url': 'http://h'}}}").models().size());
  }

  @ParameterizedTest
  @CsvSource({
    "'', 'models[\"\"]: a model''s name can''t be empty'",
    "*, 'models[\"*\"]: \"*\" takes the names that its backends list'",
    "a*, 'models[\"a*\"]: a * stands only at the end'",
    "*/a, 'models[\"*/a\"]: a * stands only at the end'",
    "/*, 'models[\"/*\"]: there is a name before /* and no other *'",
    "a*/*, 'models[\"a*/*\"]: there is a name before /* and no other *'",
    "a\\u0007b, 'models[\"a\\u0007b\"]: a model''s name holds no control characters'",
    "\\ud83d, 'models[\"\\ud83d\"]: a model''s name holds no half of a surrogate pair'",
  })
  void anotherNameIsRefused(String name, String message) {
    List<String> problems = Reading.problems("{'models': {'" + name + "': {'url': 'http://h'}}}");
    assertTrue(problems.getFirst().startsWith(message), problems.toString());
    assertEquals(1, problems.size());
  }

  @Test
  void theLongestNameHas256Characters() throws ConfigException {
    String longest = "n".repeat(256);
    Reading.config("{'models': {'" + longest + "': {'url': 'http://h'}}}");
    assertEquals(
        List.of(
            "models[\""
                + "n".repeat(80)
                + "...\"]: a model's name has at most 256 characters (line 1)"),
        Reading.problems("{'models': {'" + longest + "n': {'url': 'http://h'}}}"));
  }

  @Test
  void eachNameIsGivenOnceInTheWholeFile() {
    assertEquals(
        List.of(
            "models.b.aliases[0]: the name \"a\" is taken by models.a on line 3 (line 4)",
            "models.c.adapters[0]: the name \"b\" is taken by models.b on line 4 (line 5)",
            "models.c.adapters[2]: the name \"l\" is taken by models.c.adapters[1] on line 5"
                + " (line 5)",
            "models.d: the name \"d\" is taken by models.a.aliases[0] on line 3 (line 6)"),
        Reading.problems(
            """
            {
              'models': {
                'a': {'url': 'http://h', 'aliases': ['d']},
                'b': {'url': 'http://h', 'aliases': ['a', 'A']},
                'c': {'url': 'http://h', 'adapters': ['b', 'l', 'l']},
                'd': {'url': 'http://h'}
              }
            }
            """));
  }

  @Test
  void aWildcardModelCutsItsPrefixOffOrRenames() throws ConfigException {
    String json = "{'models': {'meta/*': {'url': 'http://h', %s}}}";
    assertEquals(
        Optional.of("*"),
        Reading.config(json.formatted("'rename': '*'")).models().getFirst().rename());
    Reading.config(json.formatted("'rename': 'x', 'aliases': ['y']"));
    for (String members : List.of("'aliases': ['y']", "'aliases': ['y'], 'rename': '*'")) {
      assertEquals(
          List.of(
              "models[\"meta/*\"].aliases: a \"/*\" model has no one name to send, add a \"rename\""
                  + " (line 1)"),
          Reading.problems(json.formatted(members)));
    }
  }

  @Test
  void whatHasNoEffectIsAWarning() throws ConfigException {
    assertEquals(
        List.of("models.m.tls: has no effect, no URL of this model is https (line 1)"),
        warnings("'url': 'http://h', 'tls': {'ca': 'x'}"));
    assertEquals(
        List.of("models.m.proxy: has no effect on Unix sockets (line 1)"),
        warnings("'url': 'unix:///s', 'proxy': 'http://p:1'"));
    assertEquals(
        List.of(
            "models.m.urls[1]: the same as models.m.urls[0] on line 1, a \"weight\" says this"
                + " better (line 1)"),
        warnings("'urls': ['http://h', 'http://h:80/']"));
    assertEquals(
        List.of(),
        warnings("'urls': ['http://h', {'url': 'http://h', 'headers': {'A': 'other key'}}]"));
  }

  @Test
  void underCheckNothingIsWarnedOfThatNobodyKnows() throws ConfigException {
    Config config =
        Reading.config(
            "{'models': {'m': {'urls': ['$A', '$B'], 'tls': {}, 'proxy': 'http://p:1'}}}",
            Secrets.unresolved());
    assertEquals(List.of(), config.warnings());
    assertFalse(config.models().isEmpty());
  }

  private static List<String> warnings(String members) throws ConfigException {
    return Reading.config("{'models': {'m': {" + members + "}}}").warnings();
  }
}
