package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// When another model stands in, what its backend and the caller see of that, and that it never
/// leads to a model that the caller may not use.
class FallbackTest {
  private static final String PATH = "/v1/chat/completions";
  private static final String BODY = "{\"x\": 1, \"model\" :\"big\", \"stream\":true}";
  private static final Request CHAT = Request.post(PATH, BODY);
  private static final Step FINE = answerJson(200, "{\"fine\":true}");

  private ScriptedBackend big;
  private ScriptedBackend small;
  private ScriptedBackend tiny;

  @BeforeEach
  void start() throws IOException {
    big = ScriptedBackend.onTcp();
    small = ScriptedBackend.onTcp();
    tiny = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    big.close();
    small.close();
    tiny.close();
  }

  private RouterUnderTest router(String ofBig) {
    return router(ofBig, "");
  }

  private RouterUnderTest router(String ofBig, String top) {
    return RouterUnderTest.of(
        "{"
            + top
            + "'models': {'big': {'url': '"
            + big.url()
            + "', 'fallback': ['small'], "
            + ofBig
            + "}, 'small': {'url': '"
            + small.url()
            + "', 'rename': 'small-v2',"
            + " 'fallback': ['tiny']}, 'tiny': {'url': '"
            + tiny.url()
            + "'}}}");
  }

  private static final String NOTHING = "'unlisted': false";

  private static void assertBy(String model, Answer answer) {
    assertEquals(200, answer.status(), answer::toString);
    assertEquals(Optional.of(model), answer.field("X-LLMhop-Model"), answer::toString);
  }

  @Test
  void whileTheModelAnswersNobodyStandsIn() {
    big.always(FINE);
    try (var router = router(NOTHING)) {
      Answer answer = router.ask(CHAT);
      assertBy("big", answer);
      assertEquals(Optional.of("big"), answer.field("X-LLMhop-Backend"));
      assertEquals(BODY, big.request(1).text());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 503})
  void whenItIsBusyTheNextModelAnswersUnderItsOwnName(int status) {
    big.always(answerJson(status, "{}"));
    small.always(FINE);
    try (var router = router(NOTHING)) {
      assertBy("small", router.ask(CHAT));
      assertEquals(BODY.replace("big", "small-v2"), small.request(1).text());
    }
  }

  @Test
  void whenItIsOverItsFirstByteTheNextModelAnswers() {
    big.always(all(sseHead(), holdUntilHangUp()));
    small.always(FINE);
    try (var router = router("'timeouts': {'firstByte': '200ms'}")) {
      assertBy("small", router.ask(CHAT));
      big.awaitHangUp(1);
    }
  }

  @Test
  void whenNobodyListensTheNextModelAnswersAndIsAskedAtOnceThen() throws IOException {
    int port = big.port();
    big.close();
    small.always(FINE);
    try (var router = router(NOTHING)) {
      for (int i = 0; i < 5; i++) assertBy("small", router.ask(CHAT));
      assertTrue(router.err().contains("big is down"), router.err());
      big = ScriptedBackend.onTcp("127.0.0.1", port);
    }
  }

  @Test
  void aRequestThatMayHaveRunIsNotCalledSafeToRepeatAndNotSentThereAgain() throws IOException {
    big.always(holdUntilHangUp());
    int port = small.port();
    small.close();
    String members = "'timeouts': {'firstByte': '200ms'}";
    for (String more : new String[] {"", ", 'waitForBackend': '2s'"}) {
      int before = big.executions();
      try (var router = chainless(members + more, port)) {
        Answer answer = router.ask(CHAT);
        assertEquals(504, answer.status(), answer::toString);
        assertEquals(Optional.of("false"), answer.field("x-should-retry"));
        assertEquals(before + 1, big.executions());
      }
    }
    small = ScriptedBackend.onTcp("127.0.0.1", port);
  }

  private RouterUnderTest chainless(String ofBig, int port) {
    return RouterUnderTest.of(
        "{'models': {'big': {'url': '%s', 'fallback': ['small'], %s}, 'small': {'url': '%s'}}}"
            .formatted(big.url(), ofBig, "http://127.0.0.1:" + port));
  }

  @Test
  void aBodyThatNobodyCouldLookIntoIsNotSentToAnotherModel() {
    big.always(answerJson(503, "{\"by\":\"big\"}"));
    try (var router = router(NOTHING)) {
      Request packed = Request.post("/route/big/v1/x", "zipped").with("Content-Encoding: gzip");
      assertEquals("{\"by\":\"big\"}", router.ask(packed).text());
      assertEquals(0, small.executions());
    }
  }

  @Test
  void aModelOfAPatternIsToldByItsOwnName() {
    big.always(answerJson(503, "{}"));
    small.always(FINE);
    String json =
        "{'models': {'big': {'url': '%s', 'fallback': ['hosted/x y']}, 'hosted/*': {'url': '%s'}}}";
    try (var router = RouterUnderTest.of(json.formatted(big.url(), small.url()))) {
      assertBy("hosted/x_y", router.ask(CHAT));
      assertEquals(BODY.replace("big", "hosted/x y"), small.request(1).text());
    }
  }

  @Test
  void aModelUnderTwoNamesIsAskedOnce() {
    big.always(answerJson(503, "{}"));
    small.always(answerJson(503, "{\"by\":\"small\"}"));
    String json =
        "{'models': {'big': {'url': '%s', 'fallback': ['small', 'little']},"
            + " 'small': {'url': '%s', 'aliases': ['little']}}}";
    try (var router = RouterUnderTest.of(json.formatted(big.url(), small.url()))) {
      assertEquals("{\"by\":\"small\"}", router.ask(CHAT).text());
      assertEquals(1, small.executions());
    }
  }

  @Test
  void theChainGoesOn() {
    big.always(answerJson(503, "{}"));
    small.always(answerJson(429, "{}"));
    tiny.always(FINE);
    try (var router = router(NOTHING)) {
      assertBy("tiny", router.ask(CHAT));
      assertEquals(BODY.replace("big", "tiny"), tiny.request(1).text());
    }
  }

  @Test
  void whenAllAreBusyTheLastOnesWordStands() {
    big.always(answerJson(503, "{\"by\":\"big\"}"));
    small.always(answerJson(503, "{\"by\":\"small\"}"));
    tiny.always(answerJson(429, "{\"by\":\"tiny\"}", "Retry-After: 3"));
    try (var router = router(NOTHING)) {
      Answer answer = router.ask(CHAT);
      assertEquals(429, answer.status());
      assertEquals("{\"by\":\"tiny\"}", answer.text());
      assertEquals(Optional.of("3"), answer.field("Retry-After"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 404, 500})
  void anotherErrorIsAnAnswer(int status) {
    big.always(answerJson(status, "{}"));
    try (var router = router(NOTHING)) {
      assertEquals(status, router.ask(CHAT).status());
      assertEquals(0, small.executions());
    }
  }

  @Test
  void aModelThatTheCallerMayNotUseNeverStandsIn() {
    big.always(answerJson(503, "{\"by\":\"big\"}"));
    tiny.always(FINE);
    String tokens =
        "'authTokens': [{'name': 'a', 'token': 'only-big', 'models': ['big']},"
            + " {'name': 'b', 'token': 'not-small', 'models': ['big', 'tiny']}], ";
    try (var router = router(NOTHING, tokens)) {
      Answer refused = router.ask(CHAT.withToken("only-big"));
      assertEquals(503, refused.status());
      assertEquals("{\"by\":\"big\"}", refused.text());
      assertBy("tiny", router.ask(CHAT.withToken("not-small")));
      assertEquals(0, small.executions());
    }
  }

  @Test
  void aClosedPathStaysClosedOnTheModelThatStandsIn() {
    big.always(answerJson(503, "{\"by\":\"big\"}"));
    try (var router = router("'allowPaths': ['/sleep']")) {
      Answer answer = router.ask(Request.post("/sleep", BODY));
      assertEquals(503, answer.status());
      assertEquals(0, small.executions() + tiny.executions());
    }
  }

  @Test
  void aModelThatIsNamedByThePathIsStoodInForToo() {
    big.always(answerJson(503, "{}"));
    small.always(FINE);
    try (var router = router(NOTHING)) {
      assertBy("small", router.ask(Request.post("/route/big/v1/x", "{\"a\":1}")));
      assertEquals("{\"a\":1}", small.request(1).text());
      String large = "{\"a\":\"" + "x".repeat(200_000) + "\"}";
      assertBy("small", router.ask(Request.post("/route/big/v1/x", large)));
      assertEquals(large, small.request(2).text());
    }
  }

  @Test
  void aQueryThatNamesTheModelIsNotSentElsewhere() {
    big.always(answerJson(503, "{}"));
    try (var router = router(NOTHING)) {
      assertEquals(503, router.ask(Request.get("/v1/x?model=big")).status());
      assertEquals(0, small.executions());
    }
  }

  @Test
  void whoAsksForTheSecondModelIsNotLedToTheFirst() {
    small.always(answerJson(503, "{}"));
    tiny.always(answerJson(503, "{\"by\":\"tiny\"}"));
    try (var router = router(NOTHING)) {
      Answer answer = router.ask(Request.post(PATH, BODY.replace("big", "small")));
      assertEquals("{\"by\":\"tiny\"}", answer.text());
      assertEquals(0, big.executions());
    }
  }

  @Test
  void aModelWithoutStandInsTellsNoModel() {
    tiny.always(FINE);
    try (var router = router(NOTHING)) {
      Answer answer = router.ask(Request.post(PATH, BODY.replace("big", "tiny")));
      assertEquals(Optional.empty(), answer.field("X-LLMhop-Model"));
    }
  }
}
