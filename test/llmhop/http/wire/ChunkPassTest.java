package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Chunks that keep their framing on their way: what comes out is the plainest spelling of what
/// went in, wherever it is split.
final class ChunkPassTest {
  private static final String EXAMPLE =
      "5\r\nhello\r\n1;name=\"a value\"\r\n,\r\n00A;x\r\n0123456789\r\n1B\r\n"
          + "abcdefghijklmnopqrstuvwxyz\n\r\n0;last\r\nTrailer: x\r\nOther:\r\n\r\n";

  private static final String PLAINEST =
      "5\r\nhello\r\n1\r\n,\r\na\r\n0123456789\r\n1b\r\nabcdefghijklmnopqrstuvwxyz\n\r\n";

  private static final int HEADROOM = ChunkDecoder.HEADROOM;
  private static final char GUARD = '#';

  /// What passed: with the framing, and the body that was shown.
  private record Passed(String framed, String body) {}

  /// Passes pieces, each in a buffer of its own, and looks that nothing outside was touched.
  private static final class Passing {
    private final ChunkDecoder decoder;
    private final StringBuilder framed = new StringBuilder();
    private final StringBuilder body = new StringBuilder();

    Passing(ChunkDecoder decoder) {
      this.decoder = decoder;
    }

    Passing pass(String piece) throws MalformedException {
      int before = 3;
      ByteBuffer buffer = ByteBuffer.allocateDirect(before + HEADROOM + piece.length() + 3);
      while (buffer.hasRemaining()) {
        buffer.put((byte) GUARD);
      }
      int from = before + HEADROOM;
      int to = from + piece.length();
      buffer.put(from, bytes(piece));
      decoder.pass(buffer, from, to, (shown, begin, end) -> body.append(text(shown, begin, end)));
      String out = text(buffer, decoder.passedFrom(), decoder.passedTo());
      assertTrue(decoder.passedFrom() >= before && decoder.passedTo() <= to, "out of its range");
      assertEquals("###", text(buffer, 0, before), "written before the headroom");
      assertEquals("###", text(buffer, to, to + 3), "written behind the end");
      framed.append(out);
      return this;
    }

    Passing passAll(String... pieces) throws MalformedException {
      for (String piece : pieces) {
        pass(piece);
      }
      return this;
    }

    Passed passed() {
      return new Passed(framed.toString(), body.toString());
    }
  }

  private static Passed pass(String... pieces) throws MalformedException {
    return new Passing(new ChunkDecoder()).passAll(pieces).passed();
  }

  private static String[] bytesOf(String text) {
    return text.chars().mapToObj(Character::toString).toArray(String[]::new);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(ByteBuffer bytes, int from, int to) {
    byte[] copy = new byte[to - from];
    bytes.get(from, copy);
    return new String(copy, StandardCharsets.ISO_8859_1);
  }

  /// The sizes of the chunks in a text, and what they hold, read by the letter of RFC 9112; for
  /// what ends between two chunks or with the last one.
  private static List<String> chunks(String framed) {
    List<String> chunks = new ArrayList<>();
    int at = 0;
    while (at < framed.length()) {
      int line = framed.indexOf("\r\n", at);
      String size = framed.substring(at, line).split(";", 2)[0];
      int length = Integer.parseInt(size, 16);
      if (length == 0) {
        return chunks;
      }
      chunks.add(framed.substring(line + 2, line + 2 + length));
      assertEquals("\r\n", framed.substring(line + 2 + length, line + 4 + length));
      at = line + 4 + length;
    }
    return chunks;
  }

  @Test
  void chunksPassInTheirPlainestSpellingWhateverTheSplit() throws Exception {
    String body = String.join("", chunks(EXAMPLE));
    var expected = new Passed(PLAINEST, body);
    for (int first = 0; first <= EXAMPLE.length(); first++) {
      for (int second = first; second <= EXAMPLE.length(); second++) {
        assertEquals(
            expected,
            pass(
                EXAMPLE.substring(0, first),
                EXAMPLE.substring(first, second),
                EXAMPLE.substring(second)),
            first + ", " + second);
      }
    }
    assertEquals(expected, pass(bytesOf(EXAMPLE)));
  }

  @ParameterizedTest
  @CsvSource({
    "'1\r\na\r\n0\r\n\r\n', '1\r\na\r\n'",
    "'0000000000000000000000000000001\r\na\r\n000\r\n\r\n', '1\r\na\r\n'",
    "'A\r\n0123456789\r\n0\r\n\r\n', 'a\r\n0123456789\r\n'",
    "'a;;=?\t\"\r\n0123456789\r\n0;x=y\r\nA: b\r\n\r\n', 'a\r\n0123456789\r\n'",
    "'010\r\n0123456789abcdef\r\n0\r\n\r\n', '10\r\n0123456789abcdef\r\n'",
    "'0\r\n\r\n', ''",
  })
  void sizesLoseTheirZerosAndTheLastChunkStays(String in, String out) throws Exception {
    assertEquals(out, pass(in).framed());
    assertEquals(out, pass(bytesOf(in)).framed());
    assertEquals(chunks(in), chunks(out));
  }

  @Test
  void nothingOfALineGoesOutBeforeItsEnd() throws Exception {
    var passing = new Passing(new ChunkDecoder());
    for (String piece : bytesOf("0000A;extension\r")) {
      passing.pass(piece);
    }
    assertEquals("", passing.passed().framed());
    assertEquals("a\r\n", passing.pass("\n").passed().framed());
    assertEquals("a\r\n0123", passing.pass("0123").passed().framed());
    assertEquals("a\r\n0123456789", passing.pass("456789").passed().framed());
    assertEquals("a\r\n0123456789", passing.pass("\r").passed().framed());
    assertEquals("a\r\n0123456789\r\n", passing.pass("\n").passed().framed());
  }

  @Test
  void theHeadroomIsEnoughForTheLongestSize() throws Exception {
    String longest = "ffffffffffffff";
    assertEquals(longest + "\r\nab", pass(longest + "\r", "\nab").framed());
    assertEquals(
        "1\r\na\r\n" + longest + "\r\n", pass("1\r\na\r", "\n" + longest + "\r\n").framed());
    assertEquals(
        "1\r\na\r\n" + longest + "\r\nb", pass("1\r\na\r", "\n00FFFFFFFFFFFFF", "F\r\nb").framed());
  }

  @Test
  void whatFollowsTheEndDoesNotPass() throws Exception {
    var decoder = new ChunkDecoder();
    assertEquals(
        "1\r\na\r\n", new Passing(decoder).pass("1\r\na\r\n0\r\n\r\nHTTP").passed().framed());
    assertTrue(decoder.isDone());
    assertEquals(11, decoder.taken());
    assertEquals("", new Passing(decoder).pass("1\r\nb\r\n").passed().framed());
    assertEquals(0, decoder.taken());
  }

  @Test
  void whoDecodedMayPassTheRestWhereverNoLineHasBegun() throws Exception {
    String body = String.join("", chunks(EXAMPLE));
    int handOvers = 0;
    for (int at = 0; at <= EXAMPLE.length(); at++) {
      var decoder = new ChunkDecoder();
      byte[] first = bytes(EXAMPLE.substring(0, at));
      int decoded = decoder.decode(first, 0, first.length);
      if (decoder.isDone() || !decoder.isBetweenLines()) {
        continue;
      }
      handOvers++;
      String before = new String(first, 0, decoded, StandardCharsets.ISO_8859_1);
      // What was decoded goes out as one chunk, within which the decoder may be.
      String head =
          decoder.isWithinChunk()
              ? Long.toHexString(decoded + decoder.leftOfChunk()) + "\r\n" + before
              : before.isEmpty() ? "" : Integer.toHexString(decoded) + "\r\n" + before + "\r\n";
      String rest = EXAMPLE.substring(at);
      assertEquals(
          body,
          String.join("", chunks(head + new Passing(copyAt(at)).pass(rest).passed().framed())));
      Passed bytewise = new Passing(decoder).passAll(bytesOf(rest)).passed();
      assertEquals(body, String.join("", chunks(head + bytewise.framed())), "handed over at " + at);
      assertEquals(body, before + bytewise.body(), "handed over at " + at);
    }
    // Before each of the five sizes, and before, within and behind the data of four chunks.
    assertEquals(5 + body.length() + 4, handOvers);
  }

  private static ChunkDecoder copyAt(int at) throws MalformedException {
    var decoder = new ChunkDecoder();
    byte[] bytes = bytes(EXAMPLE.substring(0, at));
    decoder.decode(bytes, 0, bytes.length);
    return decoder;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "g\r\n",
        "\r\n",
        "1 \r\n",
        "1\na",
        "1;\0\r\n",
        "1\r\nab\r\n",
        "1\r\na\n",
        "1\r\na\r\r\n",
        "8000000000000000\r\n",
        "0\r\n\n",
        "0\r\n:x\r\n",
        "0\r\n folded: x\r\n",
        "0\r\nname: \0\r\n",
        "0\r\n\r\r\n",
      })
  void whatIsWrongIsThrownWhenTheGoodBytesHavePassed(String wrong) throws Exception {
    String good = "3\r\nabc\r\n";
    for (int split = 0; split < good.length() + wrong.length(); split++) {
      String all = good + wrong;
      var decoder = new ChunkDecoder();
      var passing = new Passing(decoder).pass(all.substring(0, split));
      if (!decoder.hasFailed()) {
        passing.pass(all.substring(split));
      }
      assertTrue(passing.passed().framed().startsWith(good), all);
      assertTrue(passing.passed().body().startsWith("abc"), all);
      assertTrue(decoder.hasFailed() && !decoder.isDone());
      assertThrows(MalformedException.class, () -> passing.pass(""));
      assertThrows(MalformedException.class, () -> passing.pass("more"));
    }
  }

  @Test
  void aChunkWithoutItsEndIsToldFromOneThatIsCut() throws Exception {
    var tooLong = new ChunkDecoder();
    new Passing(tooLong).pass("3\r\nabcd");
    assertTrue(tooLong.hasFailed() && tooLong.isAtChunkEnd() && tooLong.leftOfChunk() == 0);
    var cut = new ChunkDecoder();
    new Passing(cut).pass("3\r\nab");
    assertTrue(cut.isWithinChunk() && !cut.isAtChunkEnd());
    assertEquals(1, cut.leftOfChunk());
    var between = new ChunkDecoder();
    new Passing(between).pass("3\r\nabc\r\nx");
    assertTrue(between.hasFailed());
    assertFalse(between.isWithinChunk());
  }

  @Test
  void randomBodiesInRandomSplitsPassAsTheyWere() throws Exception {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      var framed = new StringBuilder();
      var plainest = new StringBuilder();
      var body = new StringBuilder();
      for (int chunk = random.nextInt(20); chunk > 0; chunk--) {
        byte[] data = new byte[1 + random.nextInt(random.nextBoolean() ? 20 : 3000)];
        random.nextBytes(data);
        String hex = Integer.toHexString(data.length);
        String content = new String(data, StandardCharsets.ISO_8859_1);
        String spelled = random.nextBoolean() ? hex.toUpperCase(java.util.Locale.ROOT) : hex;
        framed.append("0".repeat(random.nextInt(30))).append(spelled);
        framed.append(random.nextInt(4) == 0 ? ";" + "e".repeat(random.nextInt(300)) : "");
        framed.append("\r\n").append(content).append("\r\n");
        plainest.append(hex).append("\r\n").append(content).append("\r\n");
        body.append(content);
      }
      framed.append("0\r\n\r\n");
      var passing = new Passing(new ChunkDecoder());
      for (int at = 0; at < framed.length(); ) {
        int to = Math.min(framed.length(), at + 1 + random.nextInt(random.nextBoolean() ? 4 : 900));
        passing.pass(framed.substring(at, to));
        at = to;
      }
      var expected = new Passed(plainest.toString(), body.toString());
      assertEquals(expected, passing.passed(), "seed " + seed);
      assertTrue(passing.decoder.isDone(), "seed " + seed);
    }
  }
}
