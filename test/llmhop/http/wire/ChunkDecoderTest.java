package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ChunkDecoderTest {
  private static final String EXAMPLE =
      "5\r\nhello\r\n1;name=\"a value\"\r\n,\r\n00A;x\r\n0123456789\r\n"
          + "0;last\r\nTrailer: x\r\nOther:\r\n\r\n";

  @Test
  void chunksAreTakenApartWhateverTheSplit() throws Exception {
    for (int first = 0; first <= EXAMPLE.length(); first++) {
      for (int second = first; second <= EXAMPLE.length(); second += 7) {
        assertEquals(
            "hello,0123456789 done",
            decode(
                EXAMPLE.substring(0, first),
                EXAMPLE.substring(first, second),
                EXAMPLE.substring(second)),
            first + ", " + second);
      }
    }
    assertEquals("hello,0123456789 done", decode(EXAMPLE.split("(?<=.)|(?=\n)")));
  }

  @Test
  void nothingShortOfItsEndIsDone() throws Exception {
    for (int length = 0; length < EXAMPLE.length(); length++) {
      assertFalse(decode(EXAMPLE.substring(0, length)).endsWith("done"), "cut at " + length);
    }
  }

  @Test
  void whatFollowsTheEndIsLeftAlone() throws Exception {
    byte[] bytes = bytes("1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK");
    var decoder = new ChunkDecoder();
    assertEquals(1, decoder.decode(bytes, 0, bytes.length));
    assertTrue(decoder.isDone());
    assertEquals(11, decoder.taken());
    assertEquals(0, decoder.decode(bytes, 11, bytes.length));
    assertEquals(0, decoder.taken());
  }

  @Test
  void theBytesMoveToTheFrontOfTheirRange() throws Exception {
    byte[] bytes = bytes("..3\r\nabc\r\n2\r\nde\r\n..");
    int length = new ChunkDecoder().decode(bytes, 2, bytes.length - 2);
    assertEquals("..abcde", new String(bytes, 0, 2 + length, StandardCharsets.ISO_8859_1));
    assertEquals('.', bytes[bytes.length - 1]);
  }

  @ParameterizedTest
  @CsvSource({
    "'1\r\na\r\n0\r\n\r\n', a",
    "'0000000000000000000000000000001\r\na\r\n0\r\n\r\n', a",
    "'A\r\n0123456789\r\n000\r\n\r\n', 0123456789",
    "'a;;=?\t\"\r\n0123456789\r\n0\r\n\r\n', 0123456789",
  })
  void theseAreChunks(String text, String body) throws Exception {
    assertEquals(body + " done", decode(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n",
        "g\r\n",
        "-1\r\n",
        "+1\r\n",
        "0x1\r\n",
        " 1\r\n",
        "1 \r\n",
        "1 ;x\r\n",
        ";x\r\n",
        "1\na",
        "1\r\r\na",
        "1;a\nb\r\n",
        "1;\0\r\n",
        "1;a\rb\r\n",
        "1\r\nab\r\n",
        "1\r\na\n",
        "1\r\na\r\r\n",
        "1\r\na0\r\n",
        "8000000000000000\r\n",
        "fffffffffffffffff\r\n",
        "10000000000000001\r\n",
        "0\r\n\n",
        "0\r\n:x\r\n",
        "0\r\nno colon\r\n",
        "0\r\n folded: x\r\n",
        "0\r\nname : x\r\n",
        "0\r\nname: \0\r\n",
        "0\r\nname: x\n\r\n",
        "0\r\nname\r\n\r\n",
        "0\r\n\r\r\n",
      })
  void theseAreNoChunks(String text) {
    assertThrows(MalformedException.class, () -> decode(text));
    assertThrows(MalformedException.class, () -> decode(text.split("(?<=.)|(?=\n)")));
  }

  @Test
  void theLargestSizeHasFourteenDigits() throws Exception {
    assertEquals("ab", decode("00ffffffffffffff\r\nab"));
    assertThrows(MalformedException.class, () -> decode("100000000000000\r\nab"));
    assertThrows(MalformedException.class, () -> decode("7fffffffffffffff\r\nab"));
  }

  @Test
  void aSizeLineHasALimit() throws Exception {
    String fine = "1;" + "x".repeat(ChunkDecoder.LONGEST_SIZE_LINE - 2) + "\r\na\r\n";
    assertEquals("aa", decode(fine + fine));
    String long1 = "1;" + "x".repeat(ChunkDecoder.LONGEST_SIZE_LINE - 1);
    assertThrows(MalformedException.class, () -> decode(long1));
    String zeros = "0".repeat(ChunkDecoder.LONGEST_SIZE_LINE + 1);
    assertThrows(MalformedException.class, () -> decode(zeros));
  }

  @Test
  void trailersHaveALimit() throws Exception {
    String line = "n:" + "x".repeat(1021);
    assertEquals(" done", decode("0\r\n" + (line + "\r\n").repeat(15) + "\r\n"));
    assertThrows(
        MalformedException.class, () -> decode("0\r\n" + (line + "\r\n").repeat(17) + "\r\n"));
  }

  @Test
  void whatCameBeforeTheMistakeIsNotLost() throws Exception {
    byte[] bytes = bytes("3\r\nabc\r\nnonsense");
    var decoder = new ChunkDecoder();
    assertEquals(3, decoder.decode(bytes, 0, bytes.length));
    assertTrue(decoder.hasFailed());
    assertThrows(MalformedException.class, () -> decoder.decode(bytes, 0, 0));
    assertFalse(decoder.isDone());
  }

  @Test
  void randomBodiesInRandomSplitsComeOutAsTheyWere() throws Exception {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      byte[] body = new byte[random.nextInt(3000)];
      random.nextBytes(body);
      byte[] chunked = chunked(body, random);
      var out = new ByteArrayOutputStream();
      var decoder = new ChunkDecoder();
      for (int at = 0; at < chunked.length; ) {
        int size = Math.min(1 + random.nextInt(200), chunked.length - at);
        int decoded = decoder.decode(chunked, at, at + size);
        out.write(chunked, at, decoded);
        at += size;
      }
      assertTrue(decoder.isDone(), "seed " + seed);
      assertEquals(text(body), text(out.toByteArray()), "seed " + seed);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1;", "1;a=\"b\"", "00000000000000001;", "000000000000000000000001"})
  void extensionsAndZerosOfABodyHaveALimitTogether(String line) throws MalformedException {
    int counted = Math.max(line.length() - 16, 0);
    if (line.indexOf(';') >= 0) counted = line.length() - Math.min(line.indexOf(';'), 16);
    String chunk = line + "\r\nx\r\n";
    int fit = ChunkDecoder.MAX_EXTENSIONS / counted;
    int rest = ChunkDecoder.MAX_EXTENSIONS - fit * counted;
    String most = chunk.repeat(fit) + "0" + (rest == 0 ? "" : ";" + "e".repeat(rest - 1));
    assertEquals("x".repeat(fit) + " done", decode(most + "\r\n\r\n"));
    assertEquals("x".repeat(fit), passed(most + "\r\n\r\n"));
    String over = chunk.repeat(fit) + "0;" + "e".repeat(rest) + "\r\n\r\n";
    assertThrows(MalformedException.class, () -> decode(over));
    assertThrows(MalformedException.class, () -> passed(over));
  }

  /// The body's bytes of what the decoder passes on.
  private static String passed(String text) throws MalformedException {
    var decoder = new ChunkDecoder();
    ByteBuffer buffer = ByteBuffer.allocate(ChunkDecoder.HEADROOM + text.length());
    buffer.put(ChunkDecoder.HEADROOM, bytes(text));
    var out = new StringBuilder();
    decoder.pass(
        buffer,
        ChunkDecoder.HEADROOM,
        buffer.capacity(),
        (bytes, from, to) ->
            out.append(StandardCharsets.ISO_8859_1.decode(bytes.slice(from, to - from))));
    if (decoder.hasFailed()) {
      decoder.pass(buffer, 0, 0, (bytes, from, to) -> {});
    }
    return out.toString();
  }

  private static byte[] chunked(byte[] body, Random random) {
    var out = new ByteArrayOutputStream();
    for (int at = 0; at < body.length; ) {
      int size = Math.min(1 + random.nextInt(400), body.length - at);
      out.writeBytes(bytes(Integer.toHexString(size) + (size % 3 == 0 ? ";e=1" : "") + "\r\n"));
      out.write(body, at, size);
      out.writeBytes(bytes("\r\n"));
      at += size;
    }
    out.writeBytes(bytes("0\r\n\r\n"));
    return out.toByteArray();
  }

  private static String decode(String... pieces) throws MalformedException {
    var decoder = new ChunkDecoder();
    var out = new StringBuilder();
    for (String piece : pieces) {
      byte[] bytes = bytes(piece);
      int length = decoder.decode(bytes, 0, bytes.length);
      out.append(text(bytes), 0, length);
    }
    if (decoder.hasFailed()) {
      decoder.decode(new byte[0], 0, 0);
    }
    return out + (decoder.isDone() ? " done" : "");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
