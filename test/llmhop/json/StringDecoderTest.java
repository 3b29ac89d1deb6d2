package llmhop.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Contents of strings become the UTF-8 of what they spell.
final class StringDecoderTest {

  private static final int SEED = 21;
  private static final String[] PARTS = {
    "a",
    "plain text",
    "\u00e9",
    "\u4e2d\u6587",
    "\ud83d\ude00",
    "\\n",
    "\\\"",
    "\\\\",
    "\\/\\b\\f\\r\\t",
    "\\u0000",
    "\\u0041",
    "\\u00e9",
    "\\u07FF\\u0800",
    "\\uffff",
    "\\ud83d",
    "\\uDE00",
    "\\udbff\\udfff",
    "\\\\u0041"
  };

  @ParameterizedTest
  @CsvSource({
    "abc, 616263",
    "\\u0041\\u007f, 417f",
    "\\u0080\\u07ff, c280dfbf",
    "\\u0800\\uffff, e0a080efbfbf",
    "\\ud800\\udc00, f0908080",
    "\\uDBFF\\uDFFF, f48fbfbf",
    "\\ud83d, eda0bd",
    "\\ud83dx, eda0bd78",
    "\\ud83d\\n, eda0bd0a",
    "\\ud83d\\ud83d\\ude00, eda0bdf09f9880",
    "\\ude00\\ud83d, edb880eda0bd",
    "\\b\\f\\n\\r\\t\\/\\\\\\\", 080c0a0d092f5c22",
    "\\u0000, 00"
  })
  void eachSpellingHasItsBytes(String raw, String hex) {
    assertEquals(hex, decoded(eachByte(raw.getBytes(UTF_8))));
    assertEquals(hex, decoded(List.of(raw.getBytes(UTF_8))));
  }

  @Test
  void randomContentsAreDecodedAsWholeOnesAreHoweverTheyAreCut() {
    Random random = new Random(SEED);
    for (int round = 0; round < 3000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(12); i > 0; i--) {
        text.append(PARTS[random.nextInt(PARTS.length)]);
      }
      byte[] raw = text.toString().getBytes(UTF_8);
      byte[] expected = Surrogates.utf8(RawString.decode(raw, 0, raw.length));
      String hex = HexFormat.of().formatHex(expected);
      String said = text + ", seed " + SEED;
      assertEquals(hex, decoded(List.of(raw)), said);
      assertEquals(hex, decoded(eachByte(raw)), said);
      assertEquals(hex, decoded(Scanned.cut(raw, random)), said);
    }
  }

  @Test
  void whatALeftStringHadOpenDoesNotReachTheNext() {
    for (String open : List.of("\\", "\\u12", "\\ud83d", "\\ud83d\\", "\\ud83d\\ude0")) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      StringDecoder decoder =
          new StringDecoder((utf8, from, to) -> out.write(utf8, from, to - from));
      byte[] left = open.getBytes(UTF_8);
      decoder.begin();
      decoder.text(left, 0, left.length);
      out.reset();
      decoder.begin();
      decoder.text("u\\ude00".getBytes(UTF_8), 0, 7);
      decoder.end();
      assertEquals("75edb880", HexFormat.of().formatHex(out.toByteArray()), open);
    }
  }

  private static List<byte[]> eachByte(byte[] raw) {
    return IntStream.range(0, raw.length).mapToObj(i -> new byte[] {raw[i]}).toList();
  }

  private static String decoded(List<byte[]> pieces) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringDecoder decoder = new StringDecoder((utf8, from, to) -> out.write(utf8, from, to - from));
    decoder.begin();
    pieces.forEach(piece -> decoder.text(piece, 0, piece.length));
    decoder.end();
    return HexFormat.of().formatHex(out.toByteArray());
  }
}
