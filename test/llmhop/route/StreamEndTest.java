package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import llmhop.http.wire.Fields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamEndTest {
  private static StreamEnd of(String contentType) {
    var fields = new Fields();
    fields.add("content-type", contentType);
    return StreamEnd.of(fields);
  }

  private static boolean after(StreamEnd end, String... pieces) {
    for (String piece : pieces) {
      byte[] bytes = piece.translateEscapes().getBytes(StandardCharsets.UTF_8);
      end.passed(ByteBuffer.wrap(bytes), 0, bytes.length);
    }
    return end.isBetweenEvents();
  }

  @Test
  void anEventMayStandAtTheVeryBeginning() {
    assertTrue(of("text/event-stream; charset=utf-8").isBetweenEvents());
    assertTrue(of("application/x-ndjson").isBetweenEvents());
  }

  @ParameterizedTest
  @CsvSource({
    "'data: a\\n\\n', true",
    "'data: a\\r\\n\\r\\n', true",
    "'data: a\\n', false",
    "'data: a', false",
    "': comment\\n\\n', true",
    "'data: a\\n\\ndata: b', false"
  })
  void anEventMayStandAfterAnEmptyLineOnly(String text, boolean expected) {
    assertEquals(expected, after(of("Text/Event-Stream"), text));
    String[] single = text.translateEscapes().split("");
    var end = of("text/event-stream");
    for (String piece : single) {
      end.passed(ByteBuffer.wrap(piece.getBytes(StandardCharsets.UTF_8)), 0, 1);
    }
    assertEquals(expected, end.isBetweenEvents(), "one byte at a time");
  }

  @Test
  void aLineOfJsonEndsWithOneLineFeed() {
    assertTrue(after(of("application/x-ndjson"), "{}\\n"));
    assertFalse(after(of("application/x-ndjson"), "{\"a"));
  }

  @Test
  void plainAndCompressedAnswersHaveNoPlaceForAnEvent() {
    assertFalse(of("application/json").isBetweenEvents());
    var fields = new Fields();
    fields.add("Content-Type", "text/event-stream");
    fields.add("Content-Encoding", "gzip");
    assertFalse(StreamEnd.of(fields).isBetweenEvents());
  }
}
