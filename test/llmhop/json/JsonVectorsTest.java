package llmhop.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/// Both readers agree with another parser on random texts and broken ones: what
/// `test/vectors/json-vectors.py` wrote down, which says what the columns mean.
final class JsonVectorsTest {

  private static final Path VECTORS = Path.of("test/vectors/json-vectors.txt");
  private static final int SEED = 6;

  private record Vector(byte[] text, String member, String start, String end, String whole) {
    static Vector read(String line) {
      String[] columns = line.split(" ");
      byte[] text = Base64.getDecoder().decode(columns[0]);
      return new Vector(text, columns[1], columns[2], columns[3], columns[4]);
    }

    @Override
    public String toString() {
      return new String(text, StandardCharsets.UTF_8);
    }
  }

  private static List<Vector> vectors() throws IOException {
    try (Stream<String> lines = Files.lines(VECTORS)) {
      return lines.map(Vector::read).toList();
    }
  }

  @Test
  void thereAreThousandsOfThem() throws IOException {
    assertTrue(vectors().size() > 3000);
    assertTrue(Files.size(VECTORS) < 1_000_000);
  }

  @Test
  void theScanAgreesHoweverTheTextIsCut() throws IOException {
    Random random = new Random(SEED);
    for (Vector vector : vectors()) {
      Scanned whole = Scanned.in(List.of(vector.text()), 20, 1000);
      assertEquals(expected(vector, whole), said(whole), vector::toString);
      for (int round = 0; round < 3; round++) {
        Scanned cut = Scanned.in(Scanned.cut(vector.text(), random), 20, 1000);
        assertEquals(whole, cut, () -> vector + ", seed " + SEED);
      }
    }
  }

  /// A broken text may be refused for something that comes before what is broken.
  private static String expected(Vector vector, Scanned scanned) {
    if (!vector.member().equals("BROKEN") || scanned.accepted()) {
      return vector.member() + " " + vector.start() + " " + vector.end();
    }
    return switch (scanned.kind().orElseThrow()) {
      case NOT_JSON -> "BROKEN - -";
      case NOT_AN_OBJECT -> "OTHER_ROOT - -";
      case DUPLICATE -> "DUPLICATE - -";
      case NOT_A_STRING -> "NOT_A_STRING - -";
      case TOO_DEEP, TOO_LONG, OTHER_CASE, REFUSED -> "BROKEN - -";
    };
  }

  private static String said(Scanned scanned) {
    if (scanned.accepted()) {
      return scanned
          .value()
          .map(value -> "=" + utf16(value) + " " + scanned.start() + " " + scanned.end())
          .orElse("ABSENT - -");
    }
    return switch (scanned.kind().orElseThrow()) {
          case NOT_JSON -> "BROKEN";
          case NOT_AN_OBJECT -> "OTHER_ROOT";
          case TOO_DEEP, DUPLICATE, OTHER_CASE, NOT_A_STRING, TOO_LONG, REFUSED ->
              scanned.kind().get().name();
        }
        + " - -";
  }

  @Test
  void theOffsetIsThatOfTheFirstWrongByte() throws IOException {
    // All before the offset was right so far: cut off there, the text only ends too early.
    for (Vector vector : vectors()) {
      Scanned whole = Scanned.in(List.of(vector.text()), 20, 1000);
      if (vector.member().equals("BROKEN") && whole.offset() < vector.text().length) {
        byte[] before = Arrays.copyOf(vector.text(), (int) whole.offset());
        Scanned shorter = Scanned.in(List.of(before), 20, 1000);
        boolean earlier = shorter.kind().equals(whole.kind()) && shorter.offset() < before.length;
        assertFalse(earlier, vector::toString);
      }
    }
  }

  @Test
  void theParserAgrees() throws IOException {
    for (Vector vector : vectors()) {
      String parsed = parsed(vector.text());
      // A broken text may be refused for a name that repeats before what is broken.
      boolean refused = vector.whole().equals("BROKEN") && parsed.equals("REPEATED");
      assertEquals(vector.whole(), refused ? "BROKEN" : parsed, vector::toString);
    }
  }

  private static String parsed(byte[] text) {
    try {
      StringBuilder canonical = new StringBuilder();
      canonical(Json.parse(text), canonical);
      CRC32 sum = new CRC32();
      sum.update(canonical.toString().getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().toHexDigits((int) sum.getValue());
    } catch (JsonException e) {
      return e.getMessage().contains("stands here again") ? "REPEATED" : "BROKEN";
    }
  }

  private static void canonical(Json value, StringBuilder out) {
    switch (value) {
      case Json.Obj object -> {
        out.append('{');
        for (Json.Member member : object.members()) {
          out.append(utf16(member.name())).append(':');
          canonical(member.value(), out);
          out.append(',');
        }
        out.append('}');
      }
      case Json.Arr array -> {
        out.append('[');
        for (Json item : array.items()) {
          canonical(item, out);
          out.append(',');
        }
        out.append(']');
      }
      case Json.Str string -> out.append('"').append(utf16(string.value())).append('"');
      case Json.Num number -> out.append(number.text());
      case Json.Bool flag -> out.append(flag.value());
      case Json.Null _ -> out.append("null");
    }
  }

  private static String utf16(String text) {
    StringBuilder hex = new StringBuilder();
    text.chars().forEach(c -> hex.append(HexFormat.of().toHexDigits((char) c)));
    return hex.toString();
  }

  @Test
  void whatIsParsedIsWrittenAndParsedAgain() throws IOException {
    for (Vector vector : vectors()) {
      try {
        String once = new JsonWriter().json(Json.parse(vector.text())).toString();
        byte[] utf8 = once.getBytes(StandardCharsets.UTF_8);
        assertEquals(once, new JsonWriter().json(Json.parse(utf8)).toString());
        assertEquals(vector.whole(), parsed(utf8), vector::toString);
      } catch (JsonException _) {
        assertTrue(vector.whole().matches("BROKEN|REPEATED"), vector::toString);
      }
    }
  }
}
