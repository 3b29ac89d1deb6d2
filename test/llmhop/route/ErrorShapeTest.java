package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How an error looks in each API, as an answer and as the last event of a stream.
class ErrorShapeTest {
  private static final String OPENAI =
      "'error':{'message':'Say \\'model\\'.','type':'invalid_request_error','param':'model',"
          + "'code':'missing_model'}";
  private static final String ANTHROPIC =
      "{'type':'error','error':{'type':'invalid_request_error','message':'Say \\'model\\'.'},"
          + "'request_id':'id'}";
  private static final Refusal REFUSAL = Refusal.missingModel("Say \"model\".");

  private static String json(String singleQuotes) {
    return singleQuotes.replace('\'', '"');
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, OPENAI",
    "/v1/responses, RESPONSES",
    "/v1/%72esponses/, RESPONSES",
    "/v1/responses/resp_1/cancel, RESPONSES",
    "/v1/responses2, OPENAI",
    "/v1/messages, ANTHROPIC",
    "/v1/messages/count_tokens, ANTHROPIC",
    "/api/chat, OLLAMA",
    "/apix, OPENAI"
  })
  void thePathTellsTheApi(String path, ErrorShape shape) {
    assertEquals(shape, ErrorShape.of(path));
  }

  @Test
  void aLongPathThatIsNotPlainIsNotLookedInto() {
    String escaped = "/v1/messages/%20";
    String longest = escaped + "a".repeat(Readings.MAX_UNUSUAL_LENGTH - escaped.length());
    assertEquals(ErrorShape.ANTHROPIC, ErrorShape.of(longest));
    assertEquals(ErrorShape.OPENAI, ErrorShape.of(longest + "a"));
    assertEquals(
        ErrorShape.ANTHROPIC, ErrorShape.of("/v1/messages/" + "a".repeat(28_000)), "plain");
  }

  @Test
  void asAnAnswer() {
    assertEquals(json("{" + OPENAI + "}"), ErrorShape.OPENAI.json(REFUSAL, "id"));
    assertEquals(json("{" + OPENAI + "}"), ErrorShape.RESPONSES.json(REFUSAL, "id"));
    assertEquals(json(ANTHROPIC), ErrorShape.ANTHROPIC.json(REFUSAL, "id"));
    assertEquals(json("{'error':'Say \\'model\\'.'}"), ErrorShape.OLLAMA.json(REFUSAL, "id"));
  }

  @Test
  void asAnEvent() {
    assertEquals(json("data: {" + OPENAI + "}\n\n"), ErrorShape.OPENAI.event(REFUSAL, "id"));
    assertEquals(
        json(
            "event: error\ndata: {'type':'error','code':'missing_model',"
                + "'message':'Say \\'model\\'.','param':'model','sequence_number':0,"
                + OPENAI
                + "}\n\n"),
        ErrorShape.RESPONSES.event(REFUSAL, "id"));
    assertEquals(
        json("event: error\ndata: " + ANTHROPIC + "\n\n"),
        ErrorShape.ANTHROPIC.event(REFUSAL, "id"));
    assertEquals(json("{'error':'Say \\'model\\'.'}\n"), ErrorShape.OLLAMA.event(REFUSAL, "id"));
  }

  @Test
  void eachLineOfAJsonIsAFieldOfItsEvent() {
    assertEquals("data: {\ndata: }\ndata: \n\n", ErrorShape.OPENAI.event("{\r\n}\r"));
  }
}
