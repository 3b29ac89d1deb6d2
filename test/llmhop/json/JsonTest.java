package llmhop.json;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Values, and where a text says they stand.
final class JsonTest {

  @Test
  void aTextBecomesValuesWithTheirLines() throws JsonException {
    Json parsed =
        parse(
            """
            {
              "a": [1,
                    true, null],
              "b":
                "x", "c": {}
            }
            """);
    Json expected =
        new Json.Obj(
            List.of(
                new Json.Member(
                    "a",
                    new Json.Arr(
                        List.of(new Json.Num("1", 2), new Json.Bool(true, 3), new Json.Null(3)), 2),
                    2),
                new Json.Member("b", new Json.Str("x", 5), 4),
                new Json.Member("c", new Json.Obj(List.of(), 5), 5)),
            1);
    assertEquals(expected, parsed);
  }

  @Test
  void membersKeepTheirOrderAndAreFoundByName() throws JsonException {
    Json.Obj object = assertInstanceOf(Json.Obj.class, parse("{\"b\":1,\"a\":2,\"\":3}"));
    assertEquals(List.of("b", "a", ""), object.members().stream().map(Json.Member::name).toList());
    assertEquals(Optional.of(new Json.Num("2", 1)), object.get("a"));
    assertEquals(Optional.empty(), object.get("A"));
  }

  @Test
  void stringsAreDecoded() throws JsonException {
    assertEquals(
        new Json.Str("\u00e9\"\\/\b\f\n\r\tA\ud83d\ude00\ud83d", 1),
        parse("\"\u00e9\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud83d\\ude00\\ud83d\""));
  }

  @Test
  void aByteOrderMarkIsSkipped() throws JsonException {
    assertEquals(new Json.Num("1", 1), parse("\ufeff1"));
    assertWrong("\ufeff\ufeff1", 1, 1, 3, "expected a value but found byte 0xef");
  }

  @Test
  void eachKindHasAName() throws JsonException {
    assertEquals("an object", parse("{}").kind());
    assertEquals("an array", parse("[]").kind());
    assertEquals("a string", parse("\"\"").kind());
    assertEquals("a number", parse("0").kind());
    assertEquals("true or false", parse("false").kind());
    assertEquals("null", parse("null").kind());
  }

  @Test
  void wholeNumbersThatFitAreLongs() throws JsonException {
    assertEquals(OptionalLong.of(0), number("-0").asLong());
    assertEquals(OptionalLong.of(Long.MAX_VALUE), number("9223372036854775807").asLong());
    assertEquals(OptionalLong.of(Long.MIN_VALUE), number("-9223372036854775808").asLong());
    for (String other : List.of("9223372036854775808", "1.0", "1e3", "0.5")) {
      assertEquals(OptionalLong.empty(), number(other).asLong(), other);
    }
  }

  @Test
  void anyNumberIsADouble() throws JsonException {
    assertEquals(1500, number("1.5e3").asDouble());
    assertEquals(Double.POSITIVE_INFINITY, number("1e400").asDouble());
    assertEquals("1.50", number("1.50").text());
  }

  private static Json.Num number(String text) throws JsonException {
    return assertInstanceOf(Json.Num.class, parse(text));
  }

  @Test
  void theDeepestTextPassesAndOneDeeperIsRefused() throws JsonException {
    parse("[".repeat(128) + "]".repeat(128));
    parse("{\"a\":".repeat(128) + "0" + "}".repeat(128));
    parse("[" + "[],".repeat(1000) + "{}]");
    assertWrong("[".repeat(129), 1, 129, 128, "objects and arrays are nested deeper than 128");
    assertThrows(JsonException.class, () -> parse("[".repeat(1_000_000)));
  }

  @Test
  void aNameThatStandsTwiceIsRefusedWhereItStandsAgain() throws JsonException {
    assertWrong("{\"a\":1,\n \"\\u0061\":2}", 2, 2, 9, "\"a\" stands here again, first on line 1");
    assertWrong(
        "[{\"b\":{\"a\":1,\"a\":2}}]", 1, 14, 13, "\"a\" stands here again, first on line 1");
    parse("{\"a\":{\"a\":1},\"A\":[{\"a\":2},{\"a\":3}]}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|1|1|expected a value but the text ended",
        "` `|1|2|expected a value but the text ended",
        "{|1|2|expected a name in double quotes but the text ended",
        "{a:1}|1|2|expected a name in double quotes but found 'a'",
        "{'a':1}|1|2|expected a name in double quotes but found \"'\"",
        "{\"a\"}|1|5|expected a colon but found '}'",
        "{\"a\":}|1|6|expected a value but found '}'",
        "{\"a\":1 \"b\"}|1|8|expected a comma or } but found '\"'",
        "[1 2]|1|4|expected a comma or ] but found '2'",
        "[1,2|1|5|expected a comma or ] but the text ended",
        "{\"a\":1,}|1|7|the comma before } must go",
        "[1, ]|1|3|the comma before ] must go",
        "[1,,2]|1|4|expected a value but found ','",
        "// x|1|1|expected a value but found a comment, which JSON doesn't have",
        "{} # x|1|4|expected nothing more but found a comment, which JSON doesn't have",
        "1 2|1|3|expected nothing more but found '2'",
        "01|1|2|expected nothing more but found '1'",
        "[-]|1|3|expected a digit but found ']'",
        "1.|1|3|expected a digit but the text ended",
        "True|1|1|expected a value but found 'T'",
        "[tru]|1|2|expected a value; is it true or false that is meant?",
        "nil|1|1|expected a value; is it null that is meant?",
        "\"a|1|3|expected the closing quote of a string but the text ended",
        "\"\u00e9\u4e2d\\x\"|1|5|no escape is spelled \\ and 'x'",
        "\"\\u12x4\"|1|6|\\u wants four hexadecimal digits but found 'x'",
      })
  void messagesSayWhatIsWrongAndWhere(String text, int line, int column, String message) {
    JsonException e = assertThrows(JsonException.class, () -> parse(text));
    assertEquals(message, e.getMessage());
    assertEquals(List.of(line, column), List.of(e.line(), e.column()));
  }

  @Test
  void linesAndColumnsAreCountedInCharacters() {
    assertWrong("[\n\n \"\u4e2d\ud83d\ude00\" x]", 3, 7, 14, "expected a comma or ] but found 'x'");
    assertWrong("[1,\r\n 2\r\n", 3, 1, 9, "expected a comma or ] but the text ended");
    assertWrong("[1,\n2,\n]", 2, 2, 5, "the comma before ] must go");
    assertWrong("\ufeffx", 1, 1, 3, "expected a value but found 'x'");
    assertWrong("[\"a\nb\"]", 1, 4, 3, "a control character (0x0a) in a string must be escaped");
  }

  @Test
  void utf16IsNamed() {
    byte[] text = "\ufeff{}".getBytes(UTF_16BE);
    JsonException e = assertThrows(JsonException.class, () -> Json.parse(text));
    assertEquals("expected a value but found byte 0xfe (UTF-16? It must be UTF-8)", e.getMessage());
  }

  @Test
  void aTextCutOffAnywhereIsRefused() {
    String text = "{\"a\":[-1.5e+3,true,{\"b\":null}],\"\u4e2d\\n\\u00e9\":false}";
    byte[] whole = text.getBytes(UTF_8);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(JsonException.class, () -> Json.parse(cut), "cut at " + length);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "01", "+1", "1 ", "1.", "NaN", "0x1", "1,", "\u0661"})
  void aNumberThatIsNoneCanNotBeMade(String text) {
    assertThrows(IllegalArgumentException.class, () -> new Json.Num(text, 0));
  }

  @Test
  void anObjectWithANameTwiceCanNotBeMade() {
    Json.Member member = new Json.Member("a", new Json.Null(0), 0);
    List<Json.Member> twice = List.of(member, member);
    assertThrows(IllegalArgumentException.class, () -> new Json.Obj(twice, 0));
  }

  private static Json parse(String text) throws JsonException {
    return Json.parse(text.getBytes(UTF_8));
  }

  private static void assertWrong(String text, int line, int column, long offset, String message) {
    JsonException e = assertThrows(JsonException.class, () -> parse(text));
    assertEquals(message, e.getMessage());
    assertEquals(List.of(line, column), List.of(e.line(), e.column()), text);
    assertEquals(offset, e.offset(), text);
  }
}
