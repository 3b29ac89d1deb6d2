package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import llmhop.http.wire.MultipartException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MultipartScanTest {
  private static final String TYPE = "multipart/form-data; boundary=XyZ--1";
  private static final String MODEL = "Content-Disposition: form-data; name=\"model\"\r\n\r\n";
  private static final String FILE =
      "Content-Disposition: form-data; name=\"file\"; filename=\"a b.wav\"\r\n"
          + "Content-Type: audio/wav\r\n\r\n";

  // ---- what is found

  @Test
  void theModelIsFoundBehindTheFileWhateverTheSplit() throws Exception {
    String form = form(FILE + "RIFF\r\n-\r\n--\r\n--XyZ-\r\n--XyZ-1 \0\u00ff", MODEL + "whisper-1");
    int start = form.indexOf("whisper-1");
    for (int first = 0; first <= form.length(); first++) {
      for (int second = first; second <= form.length(); second += 5) {
        MultipartScan scan = new MultipartScan(TYPE, "model", 64);
        feed(scan, form.substring(0, first));
        feed(scan, form.substring(first, second));
        feed(scan, form.substring(second));
        scan.finish();
        String where = first + ", " + second;
        assertEquals(Optional.of("whisper-1"), scan.value(), where);
        assertEquals(start, scan.valueStart(), where);
        assertEquals(start + 9, scan.valueEnd(), where);
      }
    }
    assertEquals(Optional.of("whisper-1"), scanByteByByte(form).value());
  }

  @Test
  void theModelIsFoundWhereverItStands() throws Exception {
    assertEquals(Optional.of("m"), model(form(MODEL + "m")));
    assertEquals(Optional.of("m"), model(form(MODEL + "m", FILE + "x", other("n") + "y")));
    assertEquals(Optional.of("m"), model(form(other("n") + "y", MODEL + "m", FILE + "x")));
  }

  @Test
  void aFormWithoutItHasNoValue() throws Exception {
    MultipartScan scan = scan(form(FILE + "x", other("models") + "y", other("mode") + "z"));
    assertEquals(Optional.empty(), scan.value());
    assertEquals(-1, scan.valueStart());
  }

  @Test
  void anEmptyValueIsAValue() throws Exception {
    assertEquals(Optional.of(""), model(form(MODEL)));
  }

  @Test
  void aValueIsUtf8() throws Exception {
    MultipartScan scan = new MultipartScan(TYPE, "model", 64);
    byte[] bytes = form(MODEL + "qwén/测试").getBytes(StandardCharsets.UTF_8);
    scan.feed(bytes, 0, bytes.length);
    scan.finish();
    assertEquals(Optional.of("qwén/测试"), scan.value());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "content-disposition:form-data;name=model\r\n\r\n",
        "CONTENT-DISPOSITION: Form-Data ; NAME=\"model\" \r\n\r\n",
        "Content-Type: text/plain; charset=UTF-8\r\n" + MODEL,
        "Content-Type: text/plain;charset=\"us-ascii\"\r\nContent-Transfer-Encoding: 8bit\r\n"
            + MODEL,
        "X-Whatever: é\r\nContent-Length: 1\r\n" + MODEL,
      })
  void theHeadsOfAllCommonClientsAreRead(String head) throws Exception {
    assertEquals(Optional.of("m"), model(form(head + "m")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "multipart/form-data;boundary=XyZ--1",
        "Multipart/Form-Data; Boundary=\"XyZ--1\"",
        "multipart/form-data; charset=utf-8; boundary=XyZ--1 ; x=y",
        "multipart/form-data; boundary=XyZ--1;"
      })
  void contentTypeIsReadInAllItsSpellings(String type) throws Exception {
    MultipartScan scan = new MultipartScan(type, "model", 64);
    feed(scan, form(MODEL + "m"));
    scan.finish();
    assertEquals(Optional.of("m"), scan.value());
  }

  @Test
  void aLineBreakBeforeAndBlanksBehindAreNoHarm() throws Exception {
    assertEquals(Optional.of("m"), model("\r\n" + form(MODEL + "m")));
    assertEquals(Optional.of("m"), model(form(MODEL + "m") + "\r\n \t\r\n"));
    assertEquals(Optional.of("m"), model("--XyZ--1\r\n" + MODEL + "m\r\n--XyZ--1--"));
  }

  @Test
  void theLongestBoundaryHas70Characters() throws Exception {
    String boundary = "b".repeat(60) + "'()+_,-./:=?".substring(0, 10);
    String type = "multipart/form-data; boundary=\"" + boundary + "\"";
    MultipartScan scan = new MultipartScan(type, "model", 64);
    feed(scan, form(MODEL + "m").replace("XyZ--1", boundary));
    scan.finish();
    assertEquals(Optional.of("m"), scan.value());
    refusedType("multipart/form-data; boundary=" + "b".repeat(71));
  }

  // ---- what is refused

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "text/plain",
        "multipart/mixed; boundary=x",
        "multipart/form-data",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"x",
        "multipart/form-data; boundary=\"x \"",
        "multipart/form-data; boundary=\"x\\y\"",
        "multipart/form-data; boundary=x; boundary=y",
        "multipart/form-data; boundary=x; BOUNDARY=x",
        "multipart/form-data; boundary=x; boundary*=utf-8''y",
        "multipart/form-data; boundary=x/y",
        "multipart/form-data; boundary=x y",
        "multipart/form-data; boundary =x",
        "multipart/form-data; boundary= x",
        "multipart/form-data, boundary=x",
        "multipart/form-data; boundary=é",
        "multipart/form-data; boundary=x; charset=utf-16",
      })
  void aContentTypeWithoutOneClearBoundaryIsRefused(String type) {
    refusedType(type);
  }

  @Test
  void twoModelsInAnyCaseAreRefused() {
    refused(Kind.DUPLICATE, form(MODEL + "a", MODEL + "b"));
    refused(Kind.DUPLICATE, form(MODEL + "a", MODEL + "a"));
    refused(Kind.DUPLICATE, form(MODEL + "a", other("MODEL") + "b"));
    refused(Kind.DUPLICATE, form(other("Model") + "a", FILE + "x", MODEL + "b"));
    refused(Kind.DUPLICATE, form(other("Model") + "a", other("mOdel") + "b"));
  }

  @Test
  void aModelInAnotherCaseIsRefusedAtTheEnd() {
    refused(Kind.OTHER_CASE, form(other("Model") + "a"));
  }

  @Test
  void theLongestValueIsTakenAndOneByteMoreRefused() throws Exception {
    String longest = "m".repeat(64);
    assertEquals(Optional.of(longest), model(form(MODEL + longest)));
    refused(Kind.TOO_LONG, form(MODEL + longest + "m"));
    refused(Kind.TOO_LONG, form(MODEL + "m".repeat(1_000_000)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mod\\el",
        "%6dodel",
        "mod%65l",
        " model",
        "model ",
        "%20model",
        "mod\\%65l",
        "m%4fDEL",
        "\\model",
        "=?utf-8?B?bW9kZWw=?="
      })
  void aNameThatSomeReaderTakesForModelIsRefused(String name) {
    refused(Kind.NOT_MULTIPART, form(other(name) + "a"));
    refused(Kind.NOT_MULTIPART, form(MODEL + "a", other(name) + "b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"mo\\\"del", "a%22b", "100%", "%6", "mödel", "tags[]", "a\\\\b", "x y"})
  void aNameThatNobodyTakesForModelIsAnotherPart(String name) throws Exception {
    assertEquals(Optional.of("m"), model(form(other(name) + "a", MODEL + "m")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Content-Type: text/plain\r\n\r\n",
        "Content-Disposition: attachment; name=\"model\"\r\n\r\n",
        "Content-Disposition: form-data\r\n\r\n",
        "Content-Disposition: form-data; filename=\"x\"\r\n\r\n",
        "Content-Disposition: form-data; name*=utf-8''model\r\n\r\n",
        "Content-Disposition: form-data; name=\"x\"; name*=utf-8''model\r\n\r\n",
        "Content-Disposition: form-data; name=\"x\"; name*0=\"model\"\r\n\r\n",
        "Content-Disposition: form-data; name=\"x\"; name=\"model\"\r\n\r\n",
        "Content-Disposition: form-data; name=\"x\r\n\r\n",
        "Content-Disposition: form-data; name=\"x\"y\r\n\r\n",
        "Content-Disposition: form-data; name=\"x\" name=\"model\"\r\n\r\n",
        "Content-Disposition: form-data; name=\r\n\r\n",
        "Content-Disposition: form-data; name =\"model\"\r\n\r\n",
        "Content-Disposition: form-data; name=a[]\r\n\r\n",
        "Content-Disposition: form-data; name=\"_charset_\"\r\n\r\n",
        "Content-Disposition: form-data; name=\"x\"; filename=\"a\\\";name=model;b=\"\r\n\r\n",
        "Content-Disposition: form-data; name=\"x\"\r\n"
            + "Content-Disposition: form-data; name=y\r\n\r\n",
        "Content-Disposition : form-data; name=\"x\"\r\n\r\n",
        "Content-Disposition: form-data;\r\n name=\"model\"\r\n\r\n",
        "Content-Disposition: form-data; name=\"x\"\nX: y\r\n\r\n",
        "Content-Disposition: form-data; name=\"x\"\rX: y\r\n\r\n",
        "Content-Disposition: form-data; name=\"x\0\"\r\n\r\n",
        "No colon\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n",
        "X: --XyZ--1\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n",
      })
  void aHeadThatReadersDisagreeAboutIsRefused(String head) {
    refused(Kind.NOT_MULTIPART, form(head + "a"));
    refused(Kind.NOT_MULTIPART, form(MODEL + "m", head + "a"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Disposition: form-data; name=\"model\"; filename=\"m\"\r\n\r\n",
        "Content-Disposition: form-data; name=\"model\"; filename*=utf-8''m\r\n\r\n",
        "Content-Type: text/plain; charset=utf-16\r\n" + MODEL,
        "Content-Type: text/plain; charset=ibm037\r\n" + MODEL,
        "Content-Type: multipart/mixed; boundary=y\r\n" + MODEL,
        "Content-Transfer-Encoding: base64\r\n" + MODEL,
        "Content-Transfer-Encoding: quoted-printable\r\n" + MODEL,
      })
  void aModelThatIsNoPlainTextIsRefused(String head) {
    refused(Kind.NOT_MULTIPART, form(head + "a"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "a\nb", "a\r\nb", "\u007f"})
  void aValueWithControlsIsRefused(String value) {
    refused(Kind.NOT_MULTIPART, form(MODEL + value));
  }

  @Test
  void aValueThatIsNotUtf8IsRefused() {
    refused(Kind.NOT_MULTIPART, form(MODEL + "\u00c3\u0028"));
    refused(Kind.NOT_MULTIPART, form(MODEL + "\u00ed\u00a0\u0080"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "x--XyZ--1\r\n" + MODEL + "m\r\n--XyZ--1--",
        "preamble\r\n--XyZ--1\r\n" + MODEL + "m\r\n--XyZ--1--",
        "\n--XyZ--1\r\n" + MODEL + "m\r\n--XyZ--1--",
        "\r\n\r\n--XyZ--1\r\n" + MODEL + "m\r\n--XyZ--1--",
        "--XyZ--1\n" + MODEL + "m\r\n--XyZ--1--",
        "--XyZ--1 \r\n" + MODEL + "m\r\n--XyZ--1--",
        "--XyZ--1-\r\n" + MODEL + "m\r\n--XyZ--1--",
        "--XyZ--10\r\n" + MODEL + "m\r\n--XyZ--1--",
        "--XyZ--1\r\n" + MODEL + "m\r\n--XyZ--1",
        "--XyZ--1\r\n" + MODEL + "m\r\n--XyZ--1-",
        "--XyZ--1\r\n" + MODEL + "m",
        "--XyZ--1\r\n" + MODEL,
        "--XyZ--1\r\n" + MODEL + "m\r\n--XyZ--1--epilogue",
        "--XyZ--1\r\n" + MODEL + "m\r\n--XyZ--1--\r\n--XyZ--1\r\n" + MODEL + "n\r\n--XyZ--1--",
        "--XyZ--1\r\n" + MODEL + "--XyZ--1--",
        "--XyZ--1\r\nContent-Disposition: form-data; name=x\r\n--XyZ--1--",
      })
  void whatIsNoFormFromEndToEndIsRefused(String form) {
    refused(Kind.NOT_MULTIPART, form);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x\n", "x\r", "x\n\r", "", "\r", "\n", "x\r\r", "x\r\n\n"})
  void aBoundaryThatOnlySomeReadersSeeIsRefused(String before) {
    String hidden = before + "--XyZ--1\r\n" + MODEL + "evil";
    refused(Kind.NOT_MULTIPART, form(FILE + hidden));
    refused(Kind.NOT_MULTIPART, form(FILE + hidden, MODEL + "m"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "x\r\n-", "x\r\n\t", "--XyZ--", "-", "--XyZ--1", "\r\nx--XyZ--1"})
  void aBoundaryWithinALineIsContent(String before) throws Exception {
    boolean own = before.startsWith("--XyZ--1");
    String content = own ? "x" + before : before;
    assertEquals(Optional.of("m"), model(form(FILE + content + "--XyZ--1\r\nrest", MODEL + "m")));
    assertEquals(Optional.of("m"), model(form(MODEL + "m", FILE + content + "--XyZ--1")));
  }

  @Test
  void aHeadHasALimit() throws Exception {
    String most = "X: " + "x".repeat(MultipartScan.LONGEST_HEAD - MODEL.length() - 5) + "\r\n";
    assertEquals(Optional.of("m"), model(form(most + MODEL + "m")));
    refused(Kind.NOT_MULTIPART, form("X" + most + MODEL + "m"));
    refused(Kind.NOT_MULTIPART, "--XyZ--1\r\n" + "x".repeat(MultipartScan.LONGEST_HEAD + 1));
  }

  @Test
  void whatIsRefusedIsRefusedInAnySplit() {
    String[] forms = {
      form(MODEL + "a", other("MODEL") + "b"),
      form(FILE + "x\n--XyZ--1\r\n" + MODEL + "evil"),
      form(MODEL + "m".repeat(65)),
      form(MODEL + "m") + "x",
    };
    for (String form : forms) {
      for (int split = 0; split <= form.length(); split++) {
        int at = split;
        assertThrows(
            MultipartException.class,
            () -> {
              MultipartScan scan = new MultipartScan(TYPE, "model", 64);
              feed(scan, form.substring(0, at));
              feed(scan, form.substring(at));
              scan.finish();
            },
            () -> "split at " + at);
      }
    }
  }

  // ---- against a second opinion

  /// Whether a line of the content is a delimiter to anybody is told by a regular expression.
  @Test
  void randomContentNeverChangesWhichModelIsFound() throws Exception {
    long seed = System.nanoTime();
    var random = new Random(seed);
    String[] crumbs = {
      "-", "--", "\r\n", "\r", "\n", "--XyZ", "XyZ--1", "--XyZ--", "a", "\0", "-1"
    };
    int found = 0;
    for (int i = 0; i < 20_000; i++) {
      var content = new StringBuilder();
      for (int n = random.nextInt(12); n > 0; n--) {
        content.append(crumbs[random.nextInt(crumbs.length)]);
      }
      String form = form(FILE + content, MODEL + "m");
      boolean clean = !begins(content + "\r\n");
      try {
        assertEquals(Optional.of("m"), model(form), "seed " + seed);
        assertTrue(clean, () -> "seed " + seed + " content " + content);
        found++;
      } catch (MultipartException e) {
        assertTrue(!clean, () -> "seed " + seed + " content " + content);
      }
    }
    assertTrue(found > 5_000, "seed " + seed);
  }

  /// Whether a line of the content begins with the boundary, to any reader.
  private static boolean begins(String content) {
    return Stream.of(content.split("[\r\n]")).anyMatch(line -> line.startsWith("--XyZ--1"));
  }

  // ---- helpers

  private static String form(String... parts) {
    return "--XyZ--1\r\n" + String.join("\r\n--XyZ--1\r\n", parts) + "\r\n--XyZ--1--\r\n";
  }

  private static String other(String name) {
    return "Content-Disposition: form-data; name=\"" + name + "\"\r\n\r\n";
  }

  private static void feed(MultipartScan scan, String text) throws MultipartException {
    byte[] bytes = ("??" + text + "??").getBytes(StandardCharsets.ISO_8859_1);
    scan.feed(bytes, 2, bytes.length - 4);
  }

  private static MultipartScan scan(String form) throws MultipartException {
    MultipartScan scan = new MultipartScan(TYPE, "model", 64);
    feed(scan, form);
    scan.finish();
    return scan;
  }

  private static MultipartScan scanByteByByte(String form) throws MultipartException {
    MultipartScan scan = new MultipartScan(TYPE, "model", 64);
    for (int i = 0; i < form.length(); i++) {
      feed(scan, form.substring(i, i + 1));
    }
    scan.finish();
    return scan;
  }

  private static Optional<String> model(String form) throws MultipartException {
    return scan(form).value();
  }

  private static void refused(Kind kind, String form) {
    assertEquals(kind, assertThrows(MultipartException.class, () -> scan(form)).kind());
    assertEquals(kind, assertThrows(MultipartException.class, () -> scanByteByByte(form)).kind());
  }

  private static void refusedType(String type) {
    var refusal =
        assertThrows(MultipartException.class, () -> new MultipartScan(type, "model", 64));
    assertEquals(Kind.NOT_MULTIPART, refusal.kind());
  }
}
