package llmhop.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The grammar of RFC 8259: each right spelling beside wrong ones, for both readers.
final class GrammarTest {

  @ParameterizedTest
  @CsvSource({
    "0,       00 01 -01 0x0 0_0 0a",
    "-0,      - -- +0 -00",
    "10,      +10 1_0 1'0",
    "1.5,     1. .5 1.e5 1..5 1.5.5 1.a",
    "-1.50,   -.5 -1. -a",
    "1e5,     1e e5 1ee5 1e5.0 1e5e5 1ea",
    "1E+5,    1E+ 1E++5 1E+-5 1E+a",
    "1.0e-05, 1e- 1.0e-x 1.0e-",
    "123456789012345678901234567890.5e999, 0x10 1f 1L 1n",
  })
  void numbers(String right, String wrong) throws Exception {
    assertRight(right);
    for (String number : wrong.split(" ")) {
      assertWrong(number);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "true|True tru truee trUe TRUE t",
        "false|False fals fAlse f false0",
        "null|Null nul nil None undefined n nulll",
        "0|NaN nan Infinity -Infinity +Infinity Inf",
        "\"a\"|'a' a \"a a\" \"a\"b `a` \"\"\"",
        "[1,2]|[1,] [,1] [1;2] [ [1}] [1,,2] ]",
        "[]|[,] (]",
        "{\"a\":1}|{\"a\":1,} {,\"a\":1} {\"a\"} {\"a\":} {\"a\":1] {\"a\"=1} {a:1} {1:1} {null:1}"
            + " {",
        "{}|{,} {:} } {\"\"}",
        "{\"a\":1,\"b\":2}|{\"a\":1\"b\":2} {\"a\":1;\"b\":2} {\"a\":1,,\"b\":2} {\"a\":1,2}",
        "1|/**/1 1//x #1 1; {}{}",
        "\"\\/\\b\\f\\n"
            + "\\r"
            + "\\t\\\"\\\\\"|\"\\a\" \"\\x41\" \"\\'\" \"\\0\" \"\\\" \"\\U0041\" \"\\`\"",
        "\"\\u00e9\\uABCD\\uabcd\"|\"\\u\" \"\\u1\" \"\\u123\" \"\\u12g4\" \"\\u+123\""
            + " \"\\u12\\u1234\"",
      })
  void valuesWithoutBlanks(String right, String wrong) throws Exception {
    assertRight(right);
    for (String value : wrong.split(" ")) {
      assertWrong(value);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "\t", "\n", "\r", "\r\n", " \n\t\r  \n"})
  void blanksMayStandBetweenAllTokens(String blank) throws Exception {
    String text = "#{#\"model\"#:#\"x\"#,#\"a\"#:#[#1#,#true#,#[#]#,#{#}#]#}#".replace("#", blank);
    assertEquals(Optional.of("x"), Scanned.of(text).value());
    assertTrue(Json.parse(text.getBytes(UTF_8)) instanceof Json.Obj);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\u000b", "\f", "\0", "\u0008", "\u007f", "\u0085", "\u00a0", "\u2028", "\u3000"})
  void noOtherBlanksDo(String blank) {
    assertWrong(blank + "1");
    assertWrong("[" + blank + "]");
    assertWrong("1" + blank);
    assertWrong("\"a\"" + blank);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1 2", "tr ue", "\"a\" \"b\"", "{\"a\" 1}", "- 1", "1 .5", "1e 5", "1. 5"})
  void blanksMayNotStandInTokensNorForCommas(String wrong) {
    assertWrong(wrong);
    assertWrong("[" + wrong + "]");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 9, 15, 16, 17})
  void allControlsMustBeEscapedWhereverTheyStand(int before) throws Exception {
    for (int octet = 0; octet < 0x20; octet++) {
      assertWrong("\"" + "a".repeat(before) + (char) octet + "\"");
      assertWrong("\"" + "a".repeat(before) + (char) octet + "bbbbbbbbb\"");
      assertRight("\"" + "a".repeat(before) + "\\u%04x".formatted(octet) + "bbbbbbbbb\"");
    }
    assertRight("\"" + "a".repeat(before) + "\u007f" + "bbbbbbbbb\"");
  }

  @ParameterizedTest
  @CsvSource({
    "c2 80,       c1 bf",
    "df bf,       c3",
    "c3 a9,       c3 28",
    "e0 a0 80,    e0 9f bf",
    "e1 80 80,    e1 80",
    "ed 9f bf,    ed a0 80",
    "ee 80 80,    ed bf bf",
    "ef bf bf,    ef bf c0",
    "e4 b8 ad,    e4 28 ad",
    "e4 b8 ae,    e4 b8 2e",
    "f0 90 80 80, f0 8f bf bf",
    "f1 80 80 80, f1 80 80",
    "f4 8f bf bf, f4 90 80 80",
    "f0 9f 98 80, f0 28 98 80",
    "f0 9f 98 81, f0 9f 28 80",
    "f0 9f 98 82, f0 9f 98 28",
    "41,          80",
    "42,          bf",
    "43,          f5 80 80 80",
    "44,          ff",
    "45,          fe",
    "46,          c0 80",
    "47,          e0 80 80",
    "48,          f0 80 80 80",
    "49,          f8 88 80 80 80",
    "4a,          c3 c3 a9",
  })
  void utf8(String right, String wrong) throws Exception {
    for (int before = 0; before <= 9; before++) {
      for (String after :
          new String[] {
            "", "b", "bbbbbbbbbbbbbbb", "\u00c3\u00a9\u00c3\u00a9\u00c3\u00a9\u00c3\u00a9"
          }) {
        String ahead = "\"" + "a".repeat(before);
        assertRight((ahead + octets(right) + after + "\"").getBytes(ISO_8859_1));
        assertWrong((ahead + octets(wrong) + after + "\"").getBytes(ISO_8859_1));
      }
    }
  }

  private static String octets(String hex) {
    StringBuilder text = new StringBuilder();
    for (String octet : hex.split(" ")) {
      text.append((char) Integer.parseInt(octet, 16));
    }
    return text.toString();
  }

  private static void assertRight(String value) throws Exception {
    assertRight(value.getBytes(UTF_8));
  }

  private static void assertWrong(String value) {
    assertWrong(value.getBytes(UTF_8));
  }

  private static void assertRight(byte[] value) throws Exception {
    Json.parse(value);
    for (byte[] text : new byte[][] {inObject(value), inArray(value)}) {
      Scanned scanned = Scanned.of(text);
      assertTrue(scanned.accepted(), () -> scanned.message() + ": " + new String(text, UTF_8));
    }
  }

  private static void assertWrong(byte[] value) {
    assertThrows(JsonException.class, () -> Json.parse(value), () -> new String(value, UTF_8));
    for (byte[] text : new byte[][] {inObject(value), inArray(value)}) {
      assertEquals(
          Optional.of(ScanException.Kind.NOT_JSON),
          Scanned.of(text).kind(),
          () -> new String(text, UTF_8));
    }
  }

  private static byte[] inObject(byte[] value) {
    return between("{\"a\":", value, "}");
  }

  private static byte[] inArray(byte[] value) {
    return between("{\"a\":[0,", value, "]}");
  }

  private static byte[] between(String before, byte[] value, String after) {
    return (before + new String(value, ISO_8859_1) + after).getBytes(ISO_8859_1);
  }
}
