package llmhop.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llmhop.json.ScanException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which member is found, and what is said of it.
final class MemberScanTest {

  @Test
  void theValueIsFoundAmongOtherMembers() {
    assertValue("gpt-x", "{\"a\":[1,{\"b\":null}],\"model\":\"gpt-x\",\"stream\":true}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"a\":1}",
        "{\"models\":\"x\"}",
        "{\"mode\":\"x\"}",
        "{\"\":\"x\"}",
        "{\"model \":\"x\"}",
        "{\"mod\u00e9l\":\"x\"}",
        "{\"modelmodelmodelmodelmodelmodelmodelmodel\":\"x\"}",
        "{\"\\u006dodels\":\"x\"}",
        "{\"\\\\u006dodel\":\"x\"}",
        "{\"model\\u0000\":\"x\"}",
        "{\"-odel\":\"x\"}",
        "{\"m\\u006fde\\u014c\":\"x\"}"
      })
  void noOtherNameWillDo(String text) {
    assertAbsent(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":{\"model\":\"x\"}}",
        "{\"a\":[{\"model\":\"x\"},\"model\"]}",
        "{\"a\":\"{\\\"model\\\":\\\"x\\\"}\"}",
        "{\"a\":\"model\",\"b\":\"x\"}",
        "{\"a\":[[\"model\",\"x\"]]}"
      })
  void itIsNotLookedForInsideOfOtherValues(String text) {
    assertAbsent(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\\u006dodel",
        "mod\\u0065l",
        "mod\\u0065\\u006C",
        "mod\\u0065\\u006c",
        "\\u006D\\u006F\\u0064\\u0065\\u006C",
        "\\u006d\\u006f\\u0064\\u0065\\u006c"
      })
  void escapesInTheNameAreDecoded(String name) {
    assertValue("x", "{\"" + name + "\":\"x\"}");
  }

  @Test
  void aValueThatIsNullCountsAsAbsent() {
    assertAbsent("{\"model\":null}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1", "-1.5e3", "true", "false", "{}", "[]", "[\"x\"]", "{\"model\":\"x\"}"})
  void anyOtherValueThanAStringIsRefused(String value) {
    assertRefused(Kind.NOT_A_STRING, 9, "{\"model\":" + value + "}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"model\":\"a\",\"model\":\"a\"}|13",
        "{\"model\":\"a\",\"Model\":\"b\"}|13",
        "{\"MODEL\":\"a\",\"x\":1,\"model\":\"b\"}|19",
        "{\"MODEL\":\"a\",\"Model\":\"b\"}|13",
        "{\"model\":null,\"model\":\"b\"}|14",
        "{\"model\":\"a\",\"mod\\u0045l\":\"b\"}|13",
        "{\"MODEL\":{},\"\\u004dodel\":[]}|12"
      })
  void twoOfAnyCaseAreRefused(String text, long offset) {
    assertRefused(Kind.DUPLICATE, offset, text);
  }

  @Test
  void namesMayRepeatInsideOfOtherValues() {
    assertValue(
        "x", "{\"a\":{\"model\":1,\"model\":2,\"Model\":3},\"model\":\"x\",\"b\":1,\"b\":2}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"x\"", "null", "5", "{\"a\":[]}"})
  void anotherCaseAloneIsRefusedWhateverItsValue(String value) {
    assertRefused(Kind.OTHER_CASE, 1, "{\"Model\":" + value + "}");
    assertRefused(Kind.OTHER_CASE, 7, "{\"a\":1,\"mode\\u004C\":" + value + "}");
  }

  @Test
  void anotherCaseIsNotReportedForABrokenText() {
    assertRefused(Kind.NOT_JSON, 12, "{\"Model\":\"x\"");
  }

  @Test
  void theValueIsDecoded() {
    assertValue("", "{\"model\":\"\"}");
    assertValue("a\"b\\c/", "{\"model\":\"a\\\"b\\\\c\\/\"}");
    assertValue("\b\f\n\r\t", "{\"model\":\"\\b\\f\\n\\r\\t\"}");
    assertValue("A\u00e9\u4e2d", "{\"model\":\"\\u0041\\u00e9\\u4E2D\"}");
    assertValue("\u00e9 \u4e2d \ud83d\ude00", "{\"model\":\"\u00e9 \u4e2d \ud83d\ude00\"}");
    assertValue("\ud83d\ude00", "{\"model\":\"\\ud83d\\ude00\"}");
    assertValue("\u00e9\n\u4e2d\\u0041", "{\"model\":\"\u00e9\\n\u4e2d\\\\u0041\"}");
  }

  @Test
  void loneSurrogatesInEscapesPassAndStayAlone() {
    assertValue("\ud83d", "{\"model\":\"\\ud83d\"}");
    assertValue("\ude00\ud83dA", "{\"model\":\"\\uDE00\\ud83d\\u0041\"}");
    assertAbsent("{\"a\":\"\\ud83d\",\"\\udead\":1}");
  }

  @Test
  void aByteOrderMarkIsSkippedAndCounted() {
    Scanned scanned = Scanned.of("\ufeff{\"model\":\"x\"}");
    assertEquals(Optional.of("x"), scanned.value());
    assertEquals(12, scanned.start());
  }

  @Test
  void aByteOrderMarkElsewhereIsRefused() {
    assertRefused(Kind.NOT_JSON, 3, "\ufeff\ufeff{}");
    assertRefused(Kind.NOT_JSON, 1, " \ufeff{}");
    assertRefused(Kind.NOT_JSON, 2, "{}\ufeff");
    assertRefused(Kind.NOT_JSON, 1, bytes("\u00ef{}"));
    assertRefused(Kind.NOT_JSON, 2, bytes("\u00ef\u00bb{}"));
    assertRefused(Kind.NOT_JSON, 1, bytes("\u00ef \u00bb\u00bf{}"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "[{\"model\":\"x\"}]", " \"model\"", "1", "-1", "true", "null"})
  void anyOtherRootThanAnObjectIsRefused(String text) {
    assertRefused(Kind.NOT_AN_OBJECT, text.startsWith(" ") ? 1 : 0, text);
  }

  @Test
  void theDeepestThatIsAllowedPassesAndOneMoreIsRefused() {
    for (int depth : List.of(1, 2, 63, 64, 65, 128, 129, 256)) {
      for (String pair : List.of("[]", "{}", "mixed")) {
        byte[] text = nested(depth, pair).getBytes(UTF_8);
        assertTrue(Scanned.in(List.of(text), depth, 9).accepted(), depth + pair);
        if (depth > 1) {
          Scanned tooDeep = Scanned.in(List.of(text), depth - 1, 9);
          assertEquals(Optional.of(Kind.TOO_DEEP), tooDeep.kind(), depth + pair);
        }
      }
    }
  }

  @Test
  void depthIsCountedNotBrackets() {
    byte[] text = "{\"a\":[[],[],{}],\"b\":[{}],\"c\":{}}".getBytes(UTF_8);
    assertTrue(Scanned.of(text, 3, 9).accepted());
    Scanned tooDeep = Scanned.of(text, 2, 9);
    assertEquals(Optional.of(Kind.TOO_DEEP), tooDeep.kind());
    assertEquals(6, tooDeep.offset());
  }

  @Test
  void bracketsMustMatchAtEveryDepth() {
    for (int depth : List.of(2, 63, 64, 65, 66, 130)) {
      String right = nested(depth, "mixed");
      for (int close = right.length() - depth; close < right.length(); close++) {
        char wrong = right.charAt(close) == '}' ? ']' : '}';
        byte[] text =
            (right.substring(0, close) + wrong + right.substring(close + 1)).getBytes(UTF_8);
        Scanned scanned = Scanned.in(List.of(text), depth, 9);
        assertEquals(Optional.of(Kind.NOT_JSON), scanned.kind(), depth + " at " + close);
        assertEquals(close, scanned.offset());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"abcdefgh", "ab\u00e9\\n\u4e2d", "\\u0061\\t", "\\u00e9ab", "abcdef\u00e9"})
  void theLongestValuePassesAndOneByteMoreIsRefused(String raw) {
    byte[] text = ("{\"model\":\"" + raw + "\"}").getBytes(UTF_8);
    int length = raw.getBytes(UTF_8).length;
    assertTrue(Scanned.of(text, 9, length).accepted());
    Scanned tooLong = Scanned.of(text, 9, length - 1);
    assertEquals(Optional.of(Kind.TOO_LONG), tooLong.kind());
    assertEquals(10 + length - 1, tooLong.offset());
  }

  @Test
  void anEmptyValueFitsIntoALimitOfNothing() {
    assertTrue(Scanned.of("{\"model\":\"\"}".getBytes(UTF_8), 9, 0).accepted());
    assertFalse(Scanned.of("{\"model\":\"a\"}".getBytes(UTF_8), 9, 0).accepted());
  }

  @Test
  void theLargestLimitsWork() {
    byte[] text = ("{\"model\":\"" + "x".repeat(300) + "\"}").getBytes(UTF_8);
    Scanned scanned = Scanned.of(text, Integer.MAX_VALUE, Integer.MAX_VALUE);
    assertEquals(Optional.of("x".repeat(300)), scanned.value());
  }

  @Test
  void otherStringsAndNamesMayBeAsLongAsTheyLike() throws ScanException {
    String mebibyte = "x".repeat(1 << 20);
    MemberScan scan = new MemberScan("model", 2, 4);
    byte[] text =
        ("{\"a\":\"" + mebibyte + "\",\"" + mebibyte + "\":0,\"model\":\"here\"}").getBytes(UTF_8);
    for (int at = 0; at < text.length; at += 4096) {
      scan.feed(text, at, Math.min(4096, text.length - at));
    }
    scan.finish();
    assertEquals(Optional.of("here"), scan.value());
    assertEquals(text.length, scan.offset());
    assertEquals("\"here\"", spelled(text, scan));
  }

  @Test
  void aValueCanBeReplacedWhereItStands() {
    String before = "\ufeff {\"\u4e2d\":\"\\u00e9\",\n \"model\" : ";
    String after = " , \"x\":[\"model\"]}\n";
    byte[] text = (before + "\"ol\\u0064\"" + after).getBytes(UTF_8);
    Scanned scanned = Scanned.of(text);
    assertEquals(Optional.of("old"), scanned.value());
    String spliced =
        new String(text, 0, (int) scanned.start(), UTF_8)
            + "\"new\""
            + new String(text, (int) scanned.end(), text.length - (int) scanned.end(), UTF_8);
    assertEquals(before + "\"new\"" + after, spliced);
    assertEquals(Optional.of("new"), Scanned.of(spliced).value());
  }

  @Test
  void withoutAValueItStandsNowhere() {
    for (String text : List.of("{}", "{\"model\":null}", "{\"a\":\"x\"}")) {
      Scanned scanned = Scanned.of(text);
      assertEquals(-1, scanned.start());
      assertEquals(-1, scanned.end());
    }
  }

  @Test
  void aTextCutOffAnywhereIsRefusedAtItsEnd() {
    byte[] text =
        "\ufeff{\"model\":\"\u4e2d\\n\\u00e9\",\"a\":[-1.5e+3,true,{\"b\":null}]}".getBytes(UTF_8);
    assertTrue(Scanned.of(text).accepted());
    for (int length = 0; length < text.length; length++) {
      assertRefused(Kind.NOT_JSON, length, Arrays.copyOf(text, length));
    }
  }

  @Test
  void utf16IsRefused() {
    assertRefused(Kind.NOT_JSON, 1, "{\"model\":\"x\"}".getBytes(UTF_16LE));
    assertRefused(Kind.NOT_JSON, 0, "\ufeff{\"model\":\"x\"}".getBytes(UTF_16LE));
    assertRefused(Kind.NOT_JSON, 0, bytes("\0{\0}"));
  }

  @Test
  void aRefusedTextStaysRefused() {
    MemberScan scan = new MemberScan("model", 9, 9);
    byte[] text = "{\"model\":\"x\"]}".getBytes(UTF_8);
    ScanException first = assertThrows(ScanException.class, () -> scan.feed(text, 0, text.length));
    assertSame(first, assertThrows(ScanException.class, () -> scan.feed(text, 0, 1)));
    assertSame(first, assertThrows(ScanException.class, scan::finish));
  }

  @Test
  void endingTwiceSaysTheSame() throws ScanException {
    MemberScan scan = new MemberScan("model", 9, 9);
    scan.feed("{}".getBytes(UTF_8), 0, 2);
    scan.finish();
    scan.finish();
    assertEquals(Optional.empty(), scan.value());
  }

  @Test
  void messagesSayWhatAndWhereAndShowOneCharacter() {
    assertMessage("expected a colon but found '}' at byte 4", "{\"a\"}");
    assertMessage("expected a comma or } but found 's' at byte 11", "{\"model\":\"\"secret\"}");
    assertMessage("expected a name in double quotes but found \"'\" at byte 1", "{'a':1}");
    assertMessage("the text ends too early at byte 2", "{ ");
    assertMessage("the text is empty at byte 1", " ");
    assertMessage("a control character (0x0a) in a string must be escaped at byte 2", "{\"\n\":1}");
    assertMessage("expected 'u' but found 'o' at byte 6", "{\"a\":no}");
  }

  @Test
  void anotherNameCanBeLookedFor() throws ScanException {
    MemberScan scan = new MemberScan("Ab", 9, 9);
    byte[] text = "{\"model\":1,\"\\u0041b\":\"x\"}".getBytes(UTF_8);
    scan.feed(text, 0, text.length);
    scan.finish();
    assertEquals(Optional.of("x"), scan.value());
  }

  @Test
  void membersThatMustNotStandThereAreRefusedInTheOutermostObject() throws ScanException {
    for (String name : List.of("more", "a_b", "MORE", "mor\\u0065", "A_b")) {
      MemberScan scan = scanRefusing();
      byte[] text = ("{\"model\":\"x\",\"" + name + "\":1}").getBytes(UTF_8);
      var e = assertThrows(ScanException.class, () -> scan.feed(text, 0, text.length), name);
      assertEquals(ScanException.Kind.REFUSED, e.kind());
      assertEquals(13, e.offset());
    }
    MemberScan scan = scanRefusing();
    byte[] text = "{\"x\":{\"more\":1},\"mores\":1,\"model\":\"more\"}".getBytes(UTF_8);
    scan.feed(text, 0, text.length);
    scan.finish();
    assertEquals(Optional.of("more"), scan.value());
  }

  private static MemberScan scanRefusing() {
    return new MemberScan("model", RefusedNames.of("more", "a_b"), 9, 9, ScanListener.NONE);
  }

  @Test
  void senselessLimitsAndNamesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new MemberScan("model", 0, 9));
    assertThrows(IllegalArgumentException.class, () -> new MemberScan("model", 9, -1));
    for (String name : List.of("", "a b", "mod\u00e9l", "m1", "a@", "a[", "`", "{")) {
      assertThrows(IllegalArgumentException.class, () -> new MemberScan(name, 9, 9), name);
    }
    byte[] text = new byte[4];
    MemberScan scan = new MemberScan("model", 9, 9);
    assertThrows(IndexOutOfBoundsException.class, () -> scan.feed(text, 2, 3));
  }

  /// `depth` levels, the outermost one an object.
  private static String nested(int depth, String pair) {
    StringBuilder open = new StringBuilder("{");
    StringBuilder close = new StringBuilder("}");
    for (int level = 1; level < depth; level++) {
      boolean object = pair.equals("{}") || pair.equals("mixed") && level % 3 == 0;
      open.append(open.charAt(open.length() - 1) == '{' ? "\"a\":" : "").append(object ? '{' : '[');
      close.insert(0, object ? '}' : ']');
    }
    return open.append(close).toString();
  }

  private static String spelled(byte[] text, MemberScan scan) {
    int start = (int) scan.valueStart();
    return new String(text, start, (int) scan.valueEnd() - start, UTF_8);
  }

  private static byte[] bytes(String octets) {
    return octets.getBytes(ISO_8859_1);
  }

  private static void assertValue(String expected, String text) {
    Scanned scanned = Scanned.of(text);
    assertEquals(Optional.empty(), scanned.kind(), scanned.message());
    assertEquals(Optional.of(expected), scanned.value());
  }

  private static void assertAbsent(String text) {
    Scanned scanned = Scanned.of(text);
    assertEquals(Optional.empty(), scanned.kind(), scanned.message());
    assertEquals(Optional.empty(), scanned.value());
  }

  private static void assertRefused(Kind kind, long offset, String text) {
    assertRefused(kind, offset, text.getBytes(UTF_8));
  }

  private static void assertRefused(Kind kind, long offset, byte[] text) {
    Scanned scanned = Scanned.of(text);
    assertEquals(Optional.of(kind), scanned.kind(), () -> new String(text, UTF_8));
    assertEquals(offset, scanned.offset(), scanned.message());
  }

  private static void assertMessage(String expected, String text) {
    assertEquals(expected, Scanned.of(text).message());
  }
}
