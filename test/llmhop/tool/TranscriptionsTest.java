package llmhop.tool;

import static llmhop.tool.Simulator.at;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import llmhop.kit.Answer;
import llmhop.kit.Multipart;
import llmhop.kit.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TranscriptionsTest {
  private static final String PATH = "/v1/audio/transcriptions";

  private final Simulator simulator = Simulator.quick();

  @AfterEach
  void stop() {
    simulator.close();
  }

  @Test
  void aFileIsAnsweredWithItsNameAndLength() {
    Answer answer = simulator.ask(upload().text("model", "llama").post(PATH));
    assertEquals(200, answer.status());
    assertEquals("[simulated llama] I heard 9 bytes of \"hello.wav\".", at(answer, "text"));
  }

  @Test
  void plainTextWhenThatIsWanted() {
    Multipart form = upload().text("model", "llama").text("response_format", "text");
    Answer answer = simulator.ask(form.post(PATH));
    assertEquals("text/plain; charset=utf-8", answer.field("Content-Type").orElse(""));
    assertEquals("[simulated llama] I heard 9 bytes of \"hello.wav\".\n", answer.text());
  }

  @Test
  void aFileMayHoldWhatLooksLikeABoundary() {
    byte[] content = "--edg\r\n--edg--\r\nxx --edge".getBytes(StandardCharsets.UTF_8);
    Multipart form = new Multipart("edge").file("file", "a.wav", content).text("model", "org/qwen");
    Answer answer = simulator.ask(form.post(PATH));
    assertEquals(
        "[simulated org/qwen] I heard %d bytes of \"a.wav\".".formatted(content.length),
        at(answer, "text"));
  }

  @Test
  void anUploadInChunksIsTheSame() {
    Request request = upload().text("model", "llama").post(PATH).chunked(7);
    assertEquals(200, simulator.ask(request).status());
  }

  @Test
  void whatIsMissingIsNamed() {
    Answer noModel = simulator.ask(upload().post(PATH));
    assertEquals(400, noModel.status());
    assertEquals("model", at(noModel, "error", "param"));
    Answer noFile = simulator.ask(new Multipart("edge").text("model", "llama").post(PATH));
    assertEquals(400, noFile.status());
    assertEquals("file", at(noFile, "error", "param"));
    Multipart form = upload().text("model", "llama").text("response_format", "vtt");
    assertEquals("response_format", at(simulator.ask(form.post(PATH)), "error", "param"));
  }

  @Test
  void aBodyThatIsNoFormIsRefused() {
    assertEquals(400, simulator.post(PATH, "{\"model\":\"llama\"}").status());
    byte[] whole = upload().text("model", "llama").bytes();
    String type = "multipart/form-data; boundary=edge";
    for (int length = 0; length < whole.length - "--\r\n".length(); length++) {
      byte[] begin = Arrays.copyOf(whole, length);
      assertEquals(400, simulator.ask(Request.post(PATH, begin, type)).status(), "at " + length);
    }
  }

  @Test
  void theModelMustBeServed() {
    assertEquals(404, simulator.ask(upload().text("model", "other").post(PATH)).status());
  }

  private static Multipart upload() {
    byte[] content = "RIFF\r\n\r\n?".getBytes(StandardCharsets.UTF_8);
    return new Multipart("edge").file("file", "hello.wav", content);
  }
}
