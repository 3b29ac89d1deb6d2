package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import llmhop.http.wire.MultipartException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Forms, each fed whole, one byte at a time, and split at every byte: the result must not differ.
class FormScanTest {
  private static final String TYPE = "multipart/form-data; boundary=xY";
  private static final String MODEL = "Content-Disposition: form-data; name=\"model\"";
  private static final int LONGEST = 16;

  private record Result(Optional<String> value, long start, long end) {}

  private static Result scan(String type, String form) throws MultipartException {
    byte[] bytes = form.getBytes(StandardCharsets.UTF_8);
    Result whole = scan(type, bytes, bytes.length);
    assertEquals(whole, scan(type, bytes, 1));
    for (int at = 0; at <= bytes.length; at++) {
      var scan = new MultipartScan(type, "model", LONGEST);
      scan.feed(bytes, 0, at);
      scan.feed(bytes, at, bytes.length - at);
      scan.finish();
      assertEquals(whole, new Result(scan.value(), scan.valueStart(), scan.valueEnd()));
    }
    return whole;
  }

  private static Result scan(String type, byte[] bytes, int step) throws MultipartException {
    var scan = new MultipartScan(type, "model", LONGEST);
    for (int at = 0; at < bytes.length; at += step) {
      scan.feed(bytes, at, Math.min(step, bytes.length - at));
    }
    scan.finish();
    return new Result(scan.value(), scan.valueStart(), scan.valueEnd());
  }

  private static String part(String head, String content) {
    return "--xY\r\n" + head + "\r\n\r\n" + content + "\r\n";
  }

  private static Kind refused(String type, String form) {
    Kind whole = assertThrows(MultipartException.class, () -> scan(type, form)).kind();
    byte[] bytes = form.getBytes(StandardCharsets.UTF_8);
    assertEquals(whole, assertThrows(MultipartException.class, () -> scan(type, bytes, 1)).kind());
    return whole;
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "", "ä/€", "a b", "-", "-x", "\r", "a--xY--b"})
  void aValueIsFoundWhereItStands(String value) throws MultipartException {
    String file =
        part("Content-Disposition: form-data; name=\"file\"; filename=\"model\"", "\r\n--x");
    String form = file + part(MODEL, value) + file + "--xY--\r\n";
    if (value.equals("\r")) {
      assertEquals(Kind.NOT_MULTIPART, refused(TYPE, form));
      return;
    }
    Result result = scan(TYPE, form);
    assertEquals(Optional.of(value), result.value());
    byte[] bytes = form.getBytes(StandardCharsets.UTF_8);
    String cut =
        new String(
            bytes,
            (int) result.start(),
            (int) (result.end() - result.start()),
            StandardCharsets.UTF_8);
    assertEquals(value, cut);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Disposition: form-data; name=model",
        "content-disposition:form-data;name=\"model\"",
        "Content-Type: text/plain\r\nContent-Disposition: FORM-DATA; NAME=\"model\"",
        "Content-Disposition: form-data; name=\"model\"; x=y"
      })
  void headsAreReadAsTheRfcHasThem(String head) throws MultipartException {
    assertEquals(Optional.of("v"), scan(TYPE, part(head, "v") + "--xY--").value());
  }

  @Test
  void lineBreaksThatOnlyLookLikeADelimiterAreContent() throws MultipartException {
    String tricky = "\r\r\n\r\n-\r\n--\r\n--x\r\n--xy\r\n--x\r";
    String form = part("Content-Disposition: form-data; name=a", tricky) + part(MODEL, "v");
    assertEquals(Optional.of("v"), scan(TYPE, form + "--xY--").value());
  }

  @Test
  void aFormWithoutTheModelNamesNone() throws MultipartException {
    String form = part("Content-Disposition: form-data; name=\"models\"", "v") + "--xY-- \r\n";
    assertEquals(Optional.empty(), scan(TYPE, form).value());
    assertEquals(Optional.of("v"), scan(TYPE, "\r\n" + part(MODEL, "v") + "--xY--").value());
  }

  @ParameterizedTest
  @CsvSource({"model, DUPLICATE", "Model, DUPLICATE", "MODEL, DUPLICATE"})
  void aSecondModelInAnyCaseIsRefused(String name, Kind kind) {
    String second = part("Content-Disposition: form-data; name=\"" + name + "\"", "w");
    assertEquals(kind, refused(TYPE, part(MODEL, "v") + second + "--xY--"));
    assertEquals(kind, refused(TYPE, second + part(MODEL, "v") + "--xY--"));
  }

  @Test
  void anotherCaseAloneIsTold() {
    String form = part("Content-Disposition: form-data; name=\"Model\"", "v") + "--xY--";
    assertEquals(Kind.OTHER_CASE, refused(TYPE, form));
  }

  @Test
  void aValueAtTheLimitPassesAndOneByteMoreDoesNot() throws MultipartException {
    String at = "x".repeat(LONGEST);
    assertEquals(Optional.of(at), scan(TYPE, part(MODEL, at) + "--xY--").value());
    assertEquals(Kind.TOO_LONG, refused(TYPE, part(MODEL, at + "x") + "--xY--"));
  }

  @Test
  void aHeadAtTheLimitPassesAndOneByteMoreDoesNot() throws MultipartException {
    String field = MODEL + "\r\nX: ";
    String at = field + "x".repeat(MultipartScan.LONGEST_HEAD - field.length() - 4);
    byte[] form = (part(at, "v") + "--xY--").getBytes(StandardCharsets.UTF_8);
    assertEquals(Optional.of("v"), scan(TYPE, form, form.length).value());
    byte[] over = (part(at + "x", "v") + "--xY--").getBytes(StandardCharsets.UTF_8);
    assertThrows(MultipartException.class, () -> scan(TYPE, over, over.length));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Disposition: form-data; name=\"model\"; filename=\"a\"",
        "Content-Disposition: form-data; name=\"model\"; filename*=utf-8''a",
        "Content-Disposition: form-data; name=\"x\"; name*=utf-8''model",
        "Content-Disposition: form-data; name=\"model\"; name=\"x\"",
        "Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64",
        "Content-Disposition: form-data; name=\"x\"\r\nContent-Disposition: form-data; name=model",
        "Content-Disposition: form-data",
        "Content-Disposition: attachment; name=\"model\"",
        "Content-Disposition: form-data; name=\"model",
        "Content-Disposition: form-data; name=\"model\" x",
        "Content-Disposition: form-data; name=\"x\"\r\n folded: y",
        "Content-Disposition : form-data; name=\"model\"",
        "Content-Disposition: form-data; name=\"_charset_\"",
        "Content-Type: text/plain"
      })
  void aHeadThatCouldBeReadInTwoWaysIsRefused(String head) {
    assertEquals(Kind.NOT_MULTIPART, refused(TYPE, part(head, "v") + "--xY--"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--xY",
        "--xY\r\n",
        "--xY--x",
        "--xYz\r\n\r\n\r\n--xY--",
        "--xY \tz\r\n",
        "preamble\r\n--xY--",
        "--xY--\r\nepilogue",
        "--xY\n\n\n--xY--",
        "--xY\r\nContent-Disposition: form-data; name=a\r\n\r\nno end",
        "--xY-\r\n"
      })
  void whatIsNoWholeFormIsRefused(String form) {
    assertEquals(Kind.NOT_MULTIPART, refused(TYPE, form));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=\"a ",
        "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=a;charset=utf-16",
        "multipart/form-data; boundary=\"a\u0001\"",
        "multipart/form-data; boundary=ä"
      })
  void aTypeWithoutOneCleanBoundaryIsRefused(String type) {
    assertThrows(MultipartException.class, () -> new MultipartScan(type, "model", 1));
  }

  @Test
  void aBoundaryHas70CharactersAtMost() throws MultipartException {
    new MultipartScan("multipart/form-data; boundary=" + "b".repeat(70), "model", 1);
    String over = "multipart/form-data; boundary=" + "b".repeat(71);
    assertThrows(MultipartException.class, () -> new MultipartScan(over, "model", 1));
  }
}
