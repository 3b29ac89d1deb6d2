package llmhop.tool;

import static llmhop.tool.Simulator.at;
import static llmhop.tool.Simulator.events;
import static llmhop.tool.Simulator.joined;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import llmhop.json.Json;
import llmhop.kit.Answer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenAiFormsTest {
  private static final String CHAT = "/v1/chat/completions";

  private final Simulator simulator = Simulator.quick("--tokens", "20");

  @AfterEach
  void stop() {
    simulator.close();
  }

  @Test
  void aPlainChatAnswerSaysThatItIsSimulatedAndWhatItWasAsked() {
    Answer answer = chat("");
    assertEquals(200, answer.status());
    assertEquals("chat.completion", at(answer, "object"));
    assertEquals("llama", at(answer, "model"));
    assertEquals("1927857906", at(answer, "created"));
    assertEquals("assistant", at(answer, "choices", 0, "message", "role"));
    assertEquals("stop", at(answer, "choices", 0, "finish_reason"));
    String text = at(answer, "choices", 0, "message", "content");
    String begin = "[simulated llama] I read 21 characters ending in \"Hello there\".";
    assertTrue(text.startsWith(begin), text);
  }

  @Test
  void usageCountsThePromptAndTheAnswer() {
    Answer answer = chat("");
    assertEquals("6", at(answer, "usage", "prompt_tokens"));
    assertEquals("20", at(answer, "usage", "completion_tokens"));
    assertEquals("26", at(answer, "usage", "total_tokens"));
  }

  @Test
  void aStreamedChatAnswerBeginsWithTheRoleAndEndsWithDone() {
    Answer answer = chat(",\"stream\":true");
    assertEquals("text/event-stream; charset=utf-8", answer.field("Content-Type").orElse(""));
    assertTrue(answer.text().endsWith("\n\ndata: [DONE]\n\n"), answer.text());
    List<Json> chunks = events(answer);
    // The role, 20 tokens, the reason.
    assertEquals(22, chunks.size());
    assertEquals("assistant", at(chunks.getFirst(), "choices", 0, "delta", "role"));
    assertEquals("[simulated llama]", at(chunks.get(1), "choices", 0, "delta", "content"));
    assertEquals("null", at(chunks.get(20), "choices", 0, "finish_reason"));
    assertEquals("stop", at(chunks.getLast(), "choices", 0, "finish_reason"));
    assertEquals("absent", at(chunks.getLast(), "choices", 0, "delta", "content"));
    assertFalse(answer.text().contains("\"usage\""), answer.text());
    assertEquals(Answer.End.LAST_CHUNK, answer.end());
  }

  @Test
  void aStreamIsTheSameTextAsThePlainAnswer() {
    String streamed = joined(events(chat(",\"stream\":true")), "choices", 0, "delta", "content");
    assertEquals(at(chat(""), "choices", 0, "message", "content"), streamed);
  }

  @Test
  void includeUsageAddsAChunkWithoutChoices() {
    List<Json> chunks =
        events(chat(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
    assertEquals("a list of 0", at(chunks.getLast(), "choices"));
    assertEquals("20", at(chunks.getLast(), "usage", "completion_tokens"));
    assertEquals("null", at(chunks.getFirst(), "usage"));
  }

  @Test
  void theCallersLimitCutsTheAnswer() {
    for (String limit : List.of("\"max_tokens\":3", "\"max_completion_tokens\":3")) {
      Answer answer = chat("," + limit);
      assertEquals("3", at(answer, "usage", "completion_tokens"));
      assertEquals("length", at(answer, "choices", 0, "finish_reason"));
      assertEquals("[simulated llama] I read", at(answer, "choices", 0, "message", "content"));
    }
  }

  @Test
  void aLimitOfExactlyTheLengthCutsNothing() {
    assertEquals("stop", at(chat(",\"max_tokens\":20"), "choices", 0, "finish_reason"));
    assertEquals("length", at(chat(",\"max_tokens\":19"), "choices", 0, "finish_reason"));
  }

  @Test
  void theSameRequestGetsTheSameTextAndAnotherPromptAnother() {
    assertEquals(words("Tell me"), words("Tell me"));
    // As long as the other, and with the same end.
    assertNotEquals(words("Tell me more words now please"), words("Will we more words now please"));
  }

  @Test
  void aContentOfPartsIsReadToo() {
    Answer answer =
        simulator.post(
            CHAT,
            """
            {"model":"llama","messages":[{"role":"user","content":[
              {"type":"text","text":"12345"},{"type":"image_url","image_url":{"url":"data:x"}},
              {"type":"text","text":"678"}]}]}\
            """);
    String text = at(answer, "choices", 0, "message", "content");
    assertTrue(text.contains("I read 8 characters ending in \"678\""), text);
  }

  @Test
  void wrongMembersAreRefusedByName() {
    refused("\"max_tokens\":0", "max_tokens");
    refused("\"max_tokens\":1.5", "max_tokens");
    refused("\"max_tokens\":\"3\"", "max_tokens");
    refused("\"stream\":1", "stream");
    refused("\"stream_options\":[]", "stream_options");
    refused("\"n\":2", "n");
  }

  @Test
  void aChatWithoutMessagesIsRefused() {
    Answer answer = simulator.post(CHAT, "{\"model\":\"llama\",\"messages\":[]}");
    assertEquals(400, answer.status());
    assertEquals("messages", at(answer, "error", "param"));
  }

  @Test
  void aNullCountsAsAbsent() {
    assertEquals(200, chat(",\"max_tokens\":null,\"stream\":null,\"n\":null").status());
  }

  @Test
  void aPlainCompletion() {
    Answer answer =
        simulator.post("/v1/completions", "{\"model\":\"org/qwen\",\"prompt\":\"Once upon\"}");
    assertEquals("text_completion", at(answer, "object"));
    assertEquals("20", at(answer, "usage", "completion_tokens"));
    String text = at(answer, "choices", 0, "text");
    assertTrue(text.startsWith("[simulated org/qwen] I read 9 characters ending in"), text);
  }

  @Test
  void aStreamedCompletion() {
    Answer answer =
        simulator.post(
            "/v1/completions",
            "{\"model\":\"llama\",\"prompt\":\"Once\",\"stream\":true,\"max_tokens\":4}");
    List<Json> chunks = events(answer);
    assertEquals("[simulated llama] I read 4", joined(chunks, "choices", 0, "text"));
    assertEquals("length", at(chunks.getLast(), "choices", 0, "finish_reason"));
    assertTrue(answer.text().endsWith("data: [DONE]\n\n"));
  }

  @Test
  void aPromptMayBeTokensButNotSeveralTexts() {
    Answer tokens = simulator.post("/v1/completions", "{\"model\":\"llama\",\"prompt\":[5,6,7]}");
    assertEquals("3", at(tokens, "usage", "prompt_tokens"));
    Answer several =
        simulator.post("/v1/completions", "{\"model\":\"llama\",\"prompt\":[\"a\",\"b\"]}");
    assertEquals(400, several.status());
    assertEquals("prompt", at(several, "error", "param"));
  }

  private Answer chat(String more) {
    return simulator.post(
        CHAT,
        """
        {"model":"llama","messages":[{"role":"system","content":"Be brief. "},
          {"role":"user","content":"Hello there"}]%s}\
        """
            .formatted(more));
  }

  private String words(String prompt) {
    return at(
        simulator.post("/v1/completions", "{\"model\":\"llama\",\"prompt\":\"" + prompt + "\"}"),
        "choices",
        0,
        "text");
  }

  private void refused(String member, String parameter) {
    Answer answer = chat("," + member);
    assertEquals(400, answer.status(), member);
    assertEquals(parameter, at(answer, "error", "param"));
    assertEquals("BadRequestError", at(answer, "error", "type"));
  }
}
