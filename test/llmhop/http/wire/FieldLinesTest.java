package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FieldLinesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "a:b|a|b",
        "Content-Type: text/plain|Content-Type|text/plain",
        "x: \t  padded \t |x|padded",
        "x:a b\tc|x|a b\tc",
        "x::|x|:",
        "X-Odd!#$%&'*+-.^_`~9: é|X-Odd!#$%&'*+-.^_`~9|é",
      })
  void aFieldLineIsTakenApart(String line, String name, String value) throws Exception {
    assertEquals(new Fields.Field(name, value), field(line));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x:", "x: ", "x:\t"})
  void aValueMayBeEmpty(String line) throws Exception {
    assertEquals(new Fields.Field("x", ""), field(line));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ":",
        ": value",
        "no colon",
        "name : value",
        "name\t: value",
        " folded: value",
        "\tfolded",
        "na me: value",
        "n(ame: value",
        "ümlaut: value",
        "name: a\0b",
        "name: a\rb",
        "name: a\u007fb",
        "name: a\u0001",
        "name: \u001b[31m",
        "name\0: value"
      })
  void anythingElseIsRefused(String line) {
    assertThrows(MalformedException.class, () -> field(line));
  }

  @Test
  void aLineEndsWithCrLfOnly() throws Exception {
    assertEquals(3, end("abc\r\nd", 0));
    assertEquals(0, end("\r\n", 0));
    assertEquals(-1, end("abc\r", 0));
    assertEquals(-1, end("abc", 0));
    assertEquals(-1, end("", 0));
    assertThrows(MalformedException.class, () -> end("abc\nd", 0));
    assertThrows(MalformedException.class, () -> end("\n", 0));
    assertThrows(MalformedException.class, () -> end("abc\r\n\nd", 5));
  }

  @Test
  void aReturnBeforeTheLineDoesNotCountForItsEnd() {
    assertThrows(MalformedException.class, () -> end("\r\nabc\n", 2));
    byte[] bytes = "x\r\n".getBytes(StandardCharsets.ISO_8859_1);
    assertThrows(MalformedException.class, () -> FieldLines.lineEnd(bytes, 2, 2, 3));
  }

  @Test
  void namesThatComeAllTheTimeAreNotMadeAnew() throws Exception {
    for (String name : new String[] {"Content-Length", "content-type", "date", "Server"}) {
      assertSame(field(name + ": x").name(), field(name + ": y").name(), name);
    }
    assertEquals("cONTENT-tYPE", field("cONTENT-tYPE: x").name());
  }

  private static Fields.Field field(String line) throws MalformedException {
    byte[] bytes = ("--" + line + "--").getBytes(StandardCharsets.ISO_8859_1);
    var fields = new Fields();
    FieldLines.add(bytes, 2, bytes.length - 2, fields);
    return fields.iterator().next();
  }

  private static int end(String text, int from) throws MalformedException {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    return FieldLines.lineEnd(bytes, from, from, bytes.length);
  }
}
