package llmhop.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is written, and what can't be.
final class JsonWriterTest {

  @Test
  void tokensBecomeCompactText() {
    JsonWriter json = new JsonWriter().object().name("a").array().value(1).value(-2.5).endArray();
    json.name("b").object().endObject().name("c").array().array().endArray().value("x").endArray();
    json.name("d").value(true).name("e").nothing().endObject();
    assertEquals(
        "{\"a\":[1,-2.5],\"b\":{},\"c\":[[],\"x\"],\"d\":true,\"e\":null}", json.toString());
  }

  @Test
  void aSingleValueIsAText() {
    assertEquals("\"x\"", new JsonWriter().value("x").toString());
    assertEquals("9223372036854775807", new JsonWriter().value(Long.MAX_VALUE).toString());
    assertEquals("1.0E300", new JsonWriter().value(1e300).toString());
    assertEquals("false", new JsonWriter().value(false).toString());
    assertEquals("null", new JsonWriter().nothing().toString());
  }

  @Test
  void bytesAreUtf8WithoutAMark() {
    byte[] expected = "\"\u4e2d\ud83d\ude00\"".getBytes(UTF_8);
    assertArrayEquals(expected, new JsonWriter().value("\u4e2d\ud83d\ude00").toBytes());
  }

  @Test
  void depthHasNoLimit() {
    JsonWriter json = new JsonWriter();
    for (int i = 0; i < 1000; i++) {
      json.array().object().name("a");
    }
    json.value(1);
    for (int i = 0; i < 1000; i++) {
      json.endObject().endArray();
    }
    assertEquals("[{\"a\":".repeat(1000) + "1" + "}]".repeat(1000), json.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"b\":[1.50,-0,1e400,true,null],\"a\":{\"\":\"\\\"\\n\"},\"c\":[],\"d\":{}}",
        "[]",
        "\"\\ud83d\"",
        "123456789012345678901234567890"
      })
  void aWholeValueIsWrittenAsItWasRead(String text) throws JsonException {
    assertEquals(text, new JsonWriter().json(Json.parse(text.getBytes(UTF_8))).toString());
  }

  @Test
  void aWholeValueStandsWhereAnyOtherMay() throws JsonException {
    Json value = Json.parse("{\"x\":[1]}".getBytes(UTF_8));
    JsonWriter json = new JsonWriter().object().name("a").json(value).name("b").value(2);
    assertEquals("{\"a\":{\"x\":[1]},\"b\":2}", json.endObject().toString());
  }

  @Test
  void whatCouldBreakALineOrAReaderIsEscaped() {
    assertEquals("\"\\\"\\\\/\\b\\f\\n\\r\\t\"", JsonWriter.quote("\"\\/\b\f\n\r\t"));
    assertEquals("\"\\u0000\\u001b\\u001f \"", JsonWriter.quote("\0\u001b\u001f "));
    assertEquals(
        "\"~\\u007f\\u0080\\u0085\\u009f\u00a0\"", quote("~\u007f\u0080\u0085\u009f\u00a0"));
    assertEquals("\"\u2027\\u2028\\u2029\u202a\"", JsonWriter.quote("\u2027\u2028\u2029\u202a"));
    assertEquals("\"\"", JsonWriter.quote(""));
  }

  @Test
  void loneSurrogatesAreEscapedAndPairsAreNot() {
    assertEquals("\"\ud83d\ude00\"", quote("\ud83d\ude00"));
    assertEquals("\"a\\ud83d\"", quote("a\ud83d"));
    assertEquals("\"\\ude00a\"", quote("\ude00a"));
    assertEquals("\"\\ude00\\ud83d\"", quote("\ude00\ud83d"));
    assertEquals("\"\\ud83d\ud83d\ude00\\ude00\"", quote("\ud83d\ud83d\ude00\ude00"));
  }

  @Test
  void namesAreEscapedToo() {
    assertEquals(
        "{\"a\\\"\\n\":1}",
        new JsonWriter().object().name("a\"\n").value(1).endObject().toString());
  }

  @Test
  void everyStringIsReadBackAsItWas() throws JsonException {
    StringBuilder all = new StringBuilder();
    for (int unit = 0; unit <= 0xffff; unit++) {
      all.append((char) unit);
    }
    byte[] text = JsonWriter.quote(all.toString()).getBytes(UTF_8);
    assertEquals(new Json.Str(all.toString(), 1), Json.parse(text));
  }

  private static String quote(String text) {
    return JsonWriter.quote(text);
  }

  @Test
  void whatIsNotJsonIsRefused() {
    List<Consumer<JsonWriter>> wrong =
        List.of(
            json -> json.object().value(1),
            json -> json.object().array(),
            json -> json.object().name("a").name("b"),
            json -> json.object().name("a").endObject(),
            json -> json.object().endArray(),
            json -> json.array().endObject(),
            json -> json.array().name("a"),
            json -> json.name("a"),
            json -> json.endObject(),
            json -> json.endArray(),
            json -> json.value(1).value(2),
            json -> json.value(1).object(),
            json -> json.value(1).name("a"),
            json -> json.array().endArray().endArray(),
            json -> json.object().endObject().nothing());
    for (int i = 0; i < wrong.size(); i++) {
      JsonWriter json = new JsonWriter();
      Consumer<JsonWriter> calls = wrong.get(i);
      assertThrows(IllegalStateException.class, () -> calls.accept(json), "case " + i);
    }
  }

  @Test
  void whatIsNotCompleteHasNoText() {
    assertThrows(IllegalStateException.class, () -> new JsonWriter().toString());
    assertThrows(IllegalStateException.class, () -> new JsonWriter().array().toString());
    assertThrows(IllegalStateException.class, () -> new JsonWriter().array().value(1).toBytes());
    assertThrows(IllegalStateException.class, () -> new JsonWriter().object().name("a").toBytes());
  }

  @Test
  void numbersThatJsonDoesNotHaveAreRefused() {
    for (double number : new double[] {Double.NaN, 1 / 0.0, -1 / 0.0}) {
      assertThrows(IllegalArgumentException.class, () -> new JsonWriter().value(number));
    }
  }
}
