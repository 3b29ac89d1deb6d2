package llmhop.tool;

import static llmhop.tool.Simulator.at;
import static llmhop.tool.Simulator.eventNames;
import static llmhop.tool.Simulator.events;
import static llmhop.tool.Simulator.joined;
import static llmhop.tool.Simulator.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import llmhop.json.Json;
import llmhop.kit.Answer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// OpenAI's responses, Anthropic's messages, Ollama's chat.
class OtherFormsTest {
  private final Simulator simulator = Simulator.quick("--tokens", "12", "--ttft", "500ms");

  @AfterEach
  void stop() {
    simulator.close();
  }

  @Test
  void aPlainResponse() {
    Answer answer = simulator.post("/v1/responses", "{\"model\":\"llama\",\"input\":\"Hello\"}");
    assertEquals("response", at(answer, "object"));
    assertEquals("completed", at(answer, "status"));
    assertEquals("null", at(answer, "incomplete_details"));
    assertEquals("12", at(answer, "usage", "output_tokens"));
    String text = at(answer, "output", 0, "content", 0, "text");
    assertTrue(text.startsWith("[simulated llama] I read 5 characters"), text);
  }

  @Test
  void aStreamedResponseHasAllEventsInOrderAndNumbered() {
    Answer answer =
        simulator.post(
            "/v1/responses", "{\"model\":\"llama\",\"input\":\"Hello\",\"stream\":true}");
    assertEquals(
        List.of(
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed"),
        eventNames(answer));
    List<Json> events = events(answer);
    for (int i = 0; i < events.size(); i++) {
      assertEquals(String.valueOf(i), at(events.get(i), "sequence_number"));
    }
    String whole = at(events.getLast(), "response", "output", 0, "content", 0, "text");
    assertEquals(whole, joined(events, "delta"));
    assertEquals("in_progress", at(events.getFirst(), "response", "status"));
    assertTrue(!answer.text().contains("[DONE]"), "only chat completions end with it");
  }

  @Test
  void aResponseThatIsCutIsIncomplete() {
    String request = "{\"model\":\"llama\",\"input\":\"Hello\",\"max_output_tokens\":2%s}";
    Answer plain = simulator.post("/v1/responses", request.formatted(""));
    assertEquals("incomplete", at(plain, "status"));
    assertEquals("max_output_tokens", at(plain, "incomplete_details", "reason"));
    Answer stream = simulator.post("/v1/responses", request.formatted(",\"stream\":true"));
    assertEquals("response.incomplete", eventNames(stream).getLast());
  }

  @Test
  void aResponseReadsInstructionsAndItems() {
    Answer answer =
        simulator.post(
            "/v1/responses",
            """
            {"model":"llama","instructions":"12345","input":[{"role":"user","content":[
              {"type":"input_text","text":"678"}]}]}\
            """);
    String text = at(answer, "output", 0, "content", 0, "text");
    assertTrue(text.contains("I read 8 characters"), text);
  }

  @Test
  void aResponseCannotFollowAnother() {
    Answer answer =
        simulator.post(
            "/v1/responses",
            "{\"model\":\"llama\",\"input\":\"x\",\"previous_response_id\":\"resp_1\"}");
    assertEquals(400, answer.status());
    assertEquals("previous_response_id", at(answer, "error", "param"));
  }

  @Test
  void aPlainMessage() {
    Answer answer = message("");
    assertEquals("message", at(answer, "type"));
    assertEquals("assistant", at(answer, "role"));
    assertEquals("end_turn", at(answer, "stop_reason"));
    assertEquals("12", at(answer, "usage", "output_tokens"));
    assertEquals("2", at(answer, "usage", "input_tokens"));
    String text = at(answer, "content", 0, "text");
    assertTrue(text.startsWith("[simulated llama] I read 7 characters"), text);
  }

  @Test
  void aStreamedMessageHasAllEventsInOrder() {
    Answer answer = message(",\"stream\":true");
    assertEquals(
        List.of(
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop"),
        eventNames(answer));
    List<Json> events = events(answer);
    assertEquals("a list of 0", at(events.getFirst(), "message", "content"));
    assertEquals("null", at(events.getFirst(), "message", "stop_reason"));
    Json delta = events.get(events.size() - 2);
    assertEquals("end_turn", at(delta, "delta", "stop_reason"));
    assertEquals("12", at(delta, "usage", "output_tokens"));
    assertEquals(at(message(""), "content", 0, "text"), joined(events, "delta", "text"));
  }

  @Test
  void aMessageNeedsALimitAndIsCutByIt() {
    String request = "{\"model\":\"llama\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]%s}";
    Answer without = simulator.post("/v1/messages", request.formatted(""));
    assertEquals(400, without.status());
    assertEquals("error", at(without, "type"));
    assertEquals("invalid_request_error", at(without, "error", "type"));
    Answer cut = simulator.post("/v1/messages", request.formatted(",\"max_tokens\":2"));
    assertEquals("max_tokens", at(cut, "stop_reason"));
  }

  @Test
  void tokensOfAMessageAreCountedAsTheAnswerCountsThem() {
    Answer count =
        simulator.post(
            "/v1/messages/count_tokens",
            """
            {"model":"llama","system":[{"type":"text","text":"123456789"}],
             "messages":[{"role":"user","content":"0"}]}\
            """);
    assertEquals(200, count.status());
    assertEquals("{\"input_tokens\":3}", count.text());
  }

  @Test
  void ollamaStreamsLinesUnlessToldOtherwise() {
    Answer answer = ollama("/api/chat", "");
    assertEquals("application/x-ndjson", answer.field("Content-Type").orElse(""));
    List<Json> lines = answer.text().lines().map(Simulator::json).toList();
    assertEquals(13, lines.size());
    assertEquals("false", at(lines.getFirst(), "done"));
    assertEquals("2031-02-03T04:05:06Z", at(lines.getFirst(), "created_at"));
    assertEquals("true", at(lines.getLast(), "done"));
    assertEquals("stop", at(lines.getLast(), "done_reason"));
    assertEquals("12", at(lines.getLast(), "eval_count"));
    assertEquals("2", at(lines.getLast(), "prompt_eval_count"));
    assertEquals("500000000", at(lines.getLast(), "prompt_eval_duration"));
    Answer plain = ollama("/api/chat", ",\"stream\":false");
    assertEquals("application/json", plain.field("Content-Type").orElse(""));
    assertEquals(at(plain, "message", "content"), joined(lines, "message", "content"));
  }

  @Test
  void ollamaGenerates() {
    Answer answer = ollama("/api/generate", ",\"options\":{\"num_predict\":2}");
    List<Json> lines = answer.text().lines().map(Simulator::json).toList();
    assertEquals("[simulated llama] I", joined(lines, "response"));
    assertEquals("length", at(lines.getLast(), "done_reason"));
    Answer plain = ollama("/api/generate", ",\"stream\":false,\"options\":{\"num_predict\":-1}");
    assertEquals("stop", at(json(plain.text()), "done_reason"));
  }

  private Answer message(String more) {
    return simulator.post(
        "/v1/messages",
        """
        {"model":"llama","max_tokens":100,"system":"Be.","messages":[
          {"role":"user","content":[{"type":"text","text":"Yes?"}]}]%s}\
        """
            .formatted(more));
  }

  private Answer ollama(String path, String more) {
    return simulator.post(
        path,
        """
        {"model":"llama","prompt":"Hello","messages":[{"role":"user","content":"Hello"}]%s}\
        """
            .formatted(more));
  }
}
