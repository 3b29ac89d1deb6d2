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
import org.junit.jupiter.params.provider.ValueSource;

class LimitsReaderTest {
  private static final String TOKEN =
      "{'models': {'m': {'url': 'http://h'}}, 'authTokens': [{'token': 't', %s}]}";

  @Test
  void everythingIsOffUnlessSaidOtherwise() throws ConfigException {
    Model model = Reading.model("'url': 'http://h'");
    assertEquals(ModelLimits.NONE, model.limits());
    assertEquals(PathRules.DEFAULT, model.paths());
    assertEquals(OptionalInt.empty(), model.endpoints().getFirst().maxConcurrent());
    Config config = Reading.config("{'models': {'m': {'url': 'http://h'}}, 'authTokens': ['t']}");
    assertEquals(TokenLimits.NONE, config.authTokens().getFirst().limits());
    assertEquals(Duration.ofSeconds(2), config.watch());
  }

  @Test
  void everyKeyIsRead() throws ConfigException {
    Model model =
        Reading.model(
            """
            'urls': [{'url': 'http://h', 'maxConcurrent': 3}], 'maxConcurrent': 4,
            'queue': {'max': 5, 'wait': '6s'}, 'heartbeat': '7s',
            'kind': 'vllm', 'allowPaths': ['/a'], 'denyPaths': ['/b*']
            """);
    assertEquals(
        new ModelLimits(
            OptionalInt.of(4),
            Optional.of(new QueueRules(5, Duration.ofSeconds(6))),
            Optional.of(Duration.ofSeconds(7))),
        model.limits());
    assertEquals(OptionalInt.of(3), model.endpoints().getFirst().maxConcurrent());
    assertEquals(
        new PathRules(Optional.of(Kind.VLLM), List.of("/a"), List.of("/b*")), model.paths());
    Config config =
        Reading.config(
            TOKEN.formatted(
                "'rpm': 0, 'maxConcurrent': 2, 'priority': 'low', 'maxPriority': 'high'"));
    assertEquals(
        new TokenLimits(
            OptionalInt.of(0), OptionalInt.of(2), Priority.LOW, Optional.of(Priority.HIGH)),
        config.authTokens().getFirst().limits());
  }

  @Test
  void anEmptyQueueHasTheDefaults() throws ConfigException {
    Model model = Reading.model("'url': 'http://h', 'maxConcurrent': 1, 'queue': {}");
    assertEquals(Optional.of(QueueRules.DEFAULT), model.limits().queue());
  }

  @Test
  void aQueueThatNobodyStandsInIsWarnedOf() throws ConfigException {
    String json = "{'models': {'m': {'urls': [{'url': 'http://h'%s}], 'queue': {}}}}";
    assertEquals(
        List.of("models.m.queue: nobody ever waits, without a \"maxConcurrent\" (line 1)"),
        Reading.config(json.formatted("")).warnings());
    assertEquals(List.of(), Reading.config(json.formatted(", 'maxConcurrent': 1")).warnings());
  }

  @ParameterizedTest
  @ValueSource(strings = {"vllm", "sglang", "llamacpp", "ollama", "openai"})
  void everyKindHasItsWord(String word) throws ConfigException {
    Model model = Reading.model("'url': 'http://h', 'kind': '" + word + "'");
    assertEquals(word, model.paths().kind().orElseThrow().word());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'maxConcurrent': 0|models.m.maxConcurrent: must be a whole number from 1 to 100000",
        "'maxConcurrent': 100001|models.m.maxConcurrent: must be a whole number from 1 to 100000",
        "'maxConcurrent': '4'|models.m.maxConcurrent: expected a number, found a string",
        "'queue': 2|models.m.queue: expected an object, found a number",
        "'queue': {'max': 0}|models.m.queue.max: must be a whole number from 1 to 10000",
        "'queue': {'max': 10001}|models.m.queue.max: must be a whole number from 1 to 10000",
        "'queue': {'wait': '0s'}|models.m.queue.wait: must be longer than 0",
        "'queue': {'size': 1}|models.m.queue.size: unknown key, known are max, wait",
        "'heartbeat': '999ms'|models.m.heartbeat: must be at least 1s",
        "'heartbeat': 15|models.m.heartbeat: expected a duration",
        "'kind': 'vlm'|models.m.kind: \"vlm\" is no kind, did you mean \"vllm\"?",
        "'kind': 'nginx'|models.m.kind: \"nginx\" is no kind, there are vllm, sglang, llamacpp",
        "'denyPaths': ['pause']|models.m.denyPaths[0]: a path begins with /",
        "'denyPaths': ['/a;b']|models.m.denyPaths[0]: it is compared with plain paths",
        "'denyPaths': []|models.m.denyPaths: an empty list, leave the key out",
      })
  void aWrongLimitOfAModelIsRefused(String members, String message) {
    String problem = Reading.problemOfModel("'url': 'https://h', " + members);
    assertTrue(problem.startsWith(message), problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'rpm': -1|authTokens[0].rpm: must be a whole number from 0 to 1000000",
        "'rpm': 1000001|authTokens[0].rpm: must be a whole number from 0 to 1000000",
        "'rpm': 1.5|authTokens[0].rpm: must be a whole number",
        "'maxConcurrent': 0|authTokens[0].maxConcurrent: must be a whole number from 1",
        "'priority': 'High'|authTokens[0].priority: \"High\" is none of \"high\", \"normal\"",
        "'maxPriority': 1|authTokens[0].maxPriority: expected a string, found a number",
      })
  void aWrongLimitOfATokenIsRefused(String members, String message) {
    String problem = Reading.problems(TOKEN.formatted(members)).getFirst();
    assertTrue(problem.startsWith(message), problem);
  }

  @ParameterizedTest
  @CsvSource({"0s,0", "1s,1", "24h,86400"})
  void theFileIsLookedAtAsOftenAsItSays(String text, long seconds) throws ConfigException {
    String json = "{'watch': '" + text + "', 'models': {'m': {'url': 'http://h'}}}";
    assertEquals(Duration.ofSeconds(seconds), Reading.config(json).watch());
  }

  @Test
  void butNotMoreOftenThanEachSecond() {
    String json = "{'watch': '999ms', 'models': {'m': {'url': 'http://h'}}}";
    assertEquals(
        List.of("watch: must be at least 1s, or 0s for never (line 1)"), Reading.problems(json));
  }
}
