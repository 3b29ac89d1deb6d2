package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigReaderTest {
  @Test
  void aModelIsAllThatAConfigNeeds() throws ConfigException {
    Config config = Reading.config("{'models': {'m': {'url': 'http://h'}}}");
    assertEquals(List.of(new Listen.Tcp("", 8080)), config.listen());
    assertEquals(Optional.empty(), config.tls());
    assertEquals(HttpLimits.DEFAULT, config.http());
    assertEquals(List.of(), config.corsOrigins());
    assertEquals(List.of(), config.authTokens());
    assertEquals(100L << 20, config.maxBodyBytes());
    assertEquals(Reading.HEAP / 2, config.maxBufferedBytes());
    assertEquals(Integer.MAX_VALUE, config.maxConcurrentRequests());
    assertEquals(Optional.empty(), config.defaultModel());
    assertEquals(List.of(), config.trustedProxies());
    assertEquals(LogFormat.OFF, config.log());
    assertEquals(Duration.ZERO, config.drainDelay());
    assertEquals(Duration.ofMinutes(10), config.drain());
    assertEquals(List.of("m"), config.models().stream().map(Model::name).toList());
    assertEquals(List.of(), config.warnings());
  }

  @Test
  void everyKeyIsRead() throws ConfigException {
    Config config =
        Reading.with(
            """
            'listen': [':1', '[::1]:2', 'unix:///a'], 'tls': {'cert': 'c', 'key': 'k'},
            'http': {'maxHeaders': 7}, 'cors': {'origins': ['https://a']},
            'maxBodyBytes': '1MiB', 'maxBufferedBytes': '2MiB',
            'maxConcurrentRequests': 3, 'default': 'm', 'trustedProxies': ['10.0.0.0/8', '::1'],
            'log': 'json', 'drainDelay': '5s', 'drain': '0s'
            """);
    assertEquals("[*:1, [::1]:2, unix:///a]", config.listen().toString());
    assertTrue(config.tls().isPresent());
    assertEquals(7, config.http().maxHeaders());
    assertEquals(List.of("https://a"), config.corsOrigins());
    assertEquals(1L << 20, config.maxBodyBytes());
    assertEquals(2L << 20, config.maxBufferedBytes());
    assertEquals(3, config.maxConcurrentRequests());
    assertEquals(Optional.of("m"), config.defaultModel());
    assertTrue(config.trustedProxies().getFirst().contains(InetAddress.ofLiteral("10.1.1.1")));
    assertEquals(LogFormat.JSON, config.log());
    assertEquals(Duration.ofSeconds(5), config.drainDelay());
    assertEquals(Duration.ZERO, config.drain());
  }

  @Test
  void theModelsKeepTheOrderOfTheFile() throws ConfigException {
    Config config =
        Reading.config(
            "{'models': {'z': {'url': 'http://h'}, 'a': {'url': 'http://h'},"
                + " 'k': {'url': 'http://h'}}}");
    assertEquals(List.of("z", "a", "k"), config.models().stream().map(Model::name).toList());
  }

  @ParameterizedTest
  @CsvSource({
    "'''host'': ''::1'', ''port'': 1', [::1]:1",
    "'''host'': '''', ''port'': 0', *:8080",
    "'''host'': ''localhost''', localhost:8080",
    "'''port'': 65535', *:65535",
    "'''listen'': ''127.0.0.1:0''', 127.0.0.1:0",
  })
  void bothWaysToSayWhereToListenAreRead(String members, String listen) throws ConfigException {
    assertEquals("[" + listen + "]", Reading.with(members).listen().toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'listen': ':1', 'port': 1|port: \"listen\" says this already, keep one of the two",
        "'listen': ':1', 'host': 'a'|host: \"listen\" says this already, keep one of the two",
        "'listen': []|listen: an empty list, name at least one address",
        "'listen': 8080|listen: expected an address like \":8080\", or a list of them, found a",
        "'listen': [':1', 5]|listen[1]: expected a string, found a number",
        "'listen': [':1', ':2', ':1']|listen[2]: the same as listen[0] on line 1",
        "'listen': '8080'|listen: not an address to listen on, write \":8080\"",
        "'listen': ['unix://a']|listen[0]: not the absolute path of a Unix socket, write it",
        "'listen': ['unix:///a', 'unix:///a?mode=0600']|listen[1]: the same as listen[0] on line 1",
        "'host': '[::1]'|host: write an IPv6 address without brackets here",
        "'host': 'a b'|host: not a host name or an IP address",
        "'port': '80'|port: expected a number, found a string",
        "'port': 65536|port: must be a whole number from 0 to 65535",
        "'port': -1|port: must be a whole number from 0 to 65535",
        "'maxBufferedBytes': 0|maxBufferedBytes: must be at least 1 byte",
        "'maxConcurrentRequests': -1|maxConcurrentRequests: must be a whole number from 0 to 2147",
        "'maxConcurrentRequests': 2147483648|maxConcurrentRequests: must be a whole number",
        "'maxConcurrentRequests': 1.5|maxConcurrentRequests: must be a whole number",
        "'default': 'x'|default: \"x\" is no model and no alias",
        "'default': 'M'|default: \"M\" is no model and no alias, did you mean \"m\"?",
        "'default': null|default: expected a string, found null",
        "'log': 'JSON'|log: \"JSON\" is none of \"text\", \"json\" and \"off\"",
        "'log': true|log: expected a string, found true or false",
        "'trustedProxies': '10.0.0.0/8'|trustedProxies: expected a list of address ranges",
        "'trustedProxies': []|trustedProxies: an empty list, leave the key out",
        "'trustedProxies': ['localhost']|trustedProxies[0]: not an address range",
        "'authTokens': null|authTokens: expected a list of tokens, found null",
        "'authTokens': 'x'|authTokens: expected a list of tokens, found a string",
        "'maxbodybytes': 1|maxbodybytes: unknown key, did you mean \"maxBodyBytes\"?",
        "'htpp': {}|htpp: unknown key, did you mean \"http\"?",
        "'a.b': 1|[\"a.b\"]: unknown key",
      })
  void aWrongValueIsRefused(String members, String message) {
    String problem = Reading.problemWith(members);
    assertTrue(problem.startsWith(message), problem);
    assertTrue(problem.endsWith(" (line 1)"), problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|there are no \"models\", name at least one (line 1)",
        "{'models': {}}|models: no models, name at least one (line 1)",
        "{'models': {'_m': {'url': 'http://h'}}}|models: no models, name at least one (line 1)",
        "{'models': []}|models: expected an object of models, like {\"llama\": {\"url\":"
            + " \"http://...\"}}, found an array (line 1)",
        "{'models': {'m': 'http://h'}}|models.m: expected an object, found a string (line 1)",
        "[]|expected an object, found an array (line 1)",
        "5|expected an object, found a number (line 1)",
      })
  void aConfigWithoutModelsIsRefused(String json, String problem) {
    assertEquals(List.of(problem), Reading.problems(json));
  }

  @Test
  void allMistakesAreReportedAtOnceInTheOrderOfTheFile() {
    assertEquals(
        List.of(
            "lisen: unknown key, did you mean \"listen\"? (line 2)",
            "authTokens[1]: an empty token, anyone could have it (line 5)",
            "models.llama.ulr: unknown key, did you mean \"url\"? (line 9)",
            "models.llama.urls[1]: not an absolute URL, begin it with \"http://\", \"https://\" or"
                + " \"unix:///\" (line 12)",
            "models[\"qwen2.5:7b\"]: nothing says where it is served, give it a \"url\" (line 15)",
            "models[\"qwen2.5:7b\"].unlisted: expected true or false, found a string (line 16)",
            "log: \"loud\" is none of \"text\", \"json\" and \"off\" (line 19)"),
        Reading.problems(
            """
            {
              'lisen': ':8080',
              'authTokens': [
                'sk-1',
                ''
              ],
              'models': {
                'llama': {
                  'ulr': 'http://h',
                  'urls': [
                    'http://a',
                    'b:8000'
                  ]
                },
                'qwen2.5:7b': {
                  'unlisted': 'yes'
                }
              },
              'log': 'loud'
            }
            """));
  }

  @Test
  void whatIsNoJsonIsOneProblemWithItsPlace() {
    List<String> problems = Reading.problems("{\n  'models': {,\n}");
    assertEquals(1, problems.size());
    assertTrue(problems.getFirst().matches("not JSON: .+ \\(line 2, column 14\\)"), "" + problems);
  }

  @Test
  void aKeyGivenTwiceIsNoJsonHere() {
    List<String> problems = Reading.problems("{'models': {}, 'models': {}}");
    assertTrue(problems.getFirst().startsWith("not JSON: "), problems.toString());
  }

  @Test
  void theSchemaAndCommentsMayStandAnywhere() throws ConfigException {
    Config config =
        Reading.config(
            """
            {
              '$schema': 'x', '_': 1,
              'authTokens': [{'_c': [], 'token': 'x', '$schema': 5}],
              'models': {
                '_comment': 'these are the models', '$schema': 'x',
                'm': {
                  '_why': {}, '$schema': 'x',
                  'urls': [{'_': null, 'url': 'https://h', 'headers': {'_h': 5}}],
                  'tls': {'_': 1}, 'timeouts': {'_': 1, '$schema': ''}
                }
              }
            }
            """);
    assertEquals(1, config.models().size());
    assertEquals(List.of(), config.models().getFirst().endpoints().getFirst().headers());
  }

  @Test
  void zeroMeansNoLimit() throws ConfigException {
    Config config = Reading.with("'maxBodyBytes': 0, 'maxConcurrentRequests': 0");
    assertEquals(Long.MAX_VALUE, config.maxBodyBytes());
    assertEquals(Integer.MAX_VALUE, config.maxConcurrentRequests());
    assertEquals(List.of(), config.warnings());
  }

  @Test
  void allowPathsThatNameTheRoutersOwnPathsOpenNothingAndAreWarnings() throws ConfigException {
    String json =
        "{'models': {'m': {'url': 'http://h', 'allowPaths': ['/LLMhop/status', '/router',"
            + " '/route']}}}";
    assertEquals(
        List.of(
            "models.m.allowPaths[0]: paths of the router itself stay closed, take it out (line 1)",
            "models.m.allowPaths[2]: paths of the router itself stay closed, take it out (line 1)"),
        Reading.config(json).warnings());
  }

  @Test
  void limitsThatMakeNoSenseTogetherAreWarnings() throws ConfigException {
    assertEquals(
        List.of(
            "maxBodyBytes: maxBodyBytes (2 MiB) is more than maxBufferedBytes (1 MiB), larger"
                + " bodies never fit (line 1)"),
        Reading.with("'maxBodyBytes': '2MiB', 'maxBufferedBytes': '1MiB'").warnings());
    assertEquals(
        List.of(
            "maxBufferedBytes: maxBodyBytes (100 MiB) is more than maxBufferedBytes (1 MiB), larger"
                + " bodies never fit (line 1)"),
        Reading.with("'maxBufferedBytes': '1MiB'").warnings());
    assertEquals(
        List.of(
            "maxBufferedBytes: maxBufferedBytes (2 GiB) is more than the heap (1 GiB), start java"
                + " with a larger -Xmx (line 1)"),
        Reading.with("'maxBufferedBytes': '2GiB'").warnings());
    assertEquals(List.of(), Reading.with("'maxBufferedBytes': '1GiB'").warnings());
  }

  @Test
  void theDefaultsTooAreComparedWithTheHeap() throws ConfigException {
    Config config =
        ConfigReader.read(
            "{\"models\": {\"m\": {\"url\": \"http://h\"}}}".getBytes(StandardCharsets.UTF_8),
            Secrets.unresolved(),
            128L << 20,
            Reading.NOW);
    assertEquals(
        List.of(
            "maxBodyBytes (100 MiB) is more than maxBufferedBytes (64 MiB), larger bodies never fit"
                + " (line 1)"),
        config.warnings());
  }

  @Test
  void theDefaultMayBeAnAliasOrAWildcardButNoAdapter() throws ConfigException {
    String json =
        "{'models': {'m': {'url': 'http://h', 'aliases': ['a'], 'adapters': ['lora']},"
            + " 'w/*': {'url': 'http://h'}}, 'default': '%s'}";
    for (String name : List.of("m", "a", "w/*")) {
      assertEquals(Optional.of(name), Reading.config(json.formatted(name)).defaultModel());
    }
    assertEquals(
        List.of("default: \"lora\" is no model and no alias (line 1)"),
        Reading.problems(json.formatted("lora")));
  }

  @Test
  void theDefaultIsNotMissedWhenItsModelIsWrong() {
    assertEquals(
        List.of("models.m: nothing says where it is served, give it a \"url\" (line 1)"),
        Reading.problems("{'models': {'m': {}}, 'default': 'm'}"));
  }

  @Test
  void whatAMessageQuotesIsEscapedAndCut() {
    String problem = Reading.problemWith("'log': '\\u001b[31m" + "x".repeat(200) + "'");
    assertTrue(
        problem.startsWith("log: \"\\u001b[31m" + "x".repeat(75) + "...\" is none"), problem);
    String key = Reading.problemWith("'a\\nb': 1");
    assertTrue(key.startsWith("[\"a\\nb\"]: unknown key"), key);
  }

  @Test
  void theMessageOfTheExceptionIsItsProblems() {
    var e = assertThrows(ConfigException.class, () -> Reading.config("{'x': 1, 'log': 'off'}"));
    assertEquals(String.join("\n", e.problems()), e.getMessage());
    assertEquals(2, e.problems().size());
    assertThrows(UnsupportedOperationException.class, () -> e.problems().clear());
  }

  @Test
  void aConfigShowsNoSecret() throws ConfigException {
    Config config =
        Reading.config(
            "{'authTokens': ['hunter2'], 'models': {'m': {'url': 'http://h/hunter2', 'headers':"
                + " {'A': 'hunter2'}, 'proxy': 'http://me:hunter2@p:1'}}}");
    assertFalse(config.toString().contains("hunter2"), config.toString());
  }
}
