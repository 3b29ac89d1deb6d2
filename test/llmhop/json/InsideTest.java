package llmhop.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What goes over many octets at once says the same as what looks at each.
///
/// Fed one byte at a time, a scan has nothing ahead to go over fast; that way is the one that
/// `JsonVectorsTest` and `GrammarTest` judge too.
final class InsideTest {

  private static final int SEED = 12;
  private static final int TEXTS = 2000;
  private static final int DEPTH = 12;

  private static final String[] PIECES = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\\"",
    "\\u00e9",
    "\\ud83d",
    "\\x",
    "\n",
    "\t",
    " ",
    "\0",
    "0",
    "-",
    "1.5e3",
    "01",
    "true",
    "nul",
    "false",
    "\"a\":",
    "{}",
    "[]",
    "[{",
    "}]",
    "},",
    "\u00e9",
    "\u4e2d",
    "\ud83d\ude00",
    "                 ",
    "\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n"
  };

  @Test
  void randomTextsAreJudgedAlikeHoweverTheyAreCut() {
    Random random = new Random(SEED);
    int accepted = 0;
    for (int round = 0; round < TEXTS; round++) {
      byte[] text = new RandomText(random).text().getBytes(UTF_8);
      Scanned each = eachByte(text);
      assertTrue(each.accepted(), () -> each.message() + said(text));
      accepted += assertAlike(text, random) ? 1 : 0;
      for (int mutation = 0; mutation < 4; mutation++) {
        accepted += assertAlike(mutated(text, random), random) ? 1 : 0;
      }
    }
    assertTrue(accepted > TEXTS && accepted < 4 * TEXTS, accepted + " accepted");
  }

  @Test
  void everyOctetIsSeenWhereverItStandsInAString() {
    Random random = new Random(SEED);
    for (int octet = 0; octet < 256; octet++) {
      for (int before = 0; before < 70; before++) {
        for (String filler : new String[] {"a", "\\n", "\\\\"}) {
          StringBuilder ahead = new StringBuilder("{\"a\":[{\"b\":\"");
          ahead.append("xxxxxxx", 0, random.nextInt(8)).append(filler.repeat(before));
          byte[] text = (ahead + "?bb\\\"bb\",\"c\":0}]}" + " ".repeat(40)).getBytes(UTF_8);
          text[ahead.length()] = (byte) octet;
          assertAlike(text, random);
        }
      }
    }
  }

  @Test
  void everyTokenMayEndWithTheSegment() {
    String text =
        "{\"a\":[{\"name\":\"value that is longer than 16\",\n      \"b\\n\" : {\"c\":[1,-2.5e3,"
            + "true,false,null,{},[],[ ],{ }]}, \"\u4e2d\":\"\\u00e9\\n\\\"\u4e2d\ud83d\ude00\"}]"
            + ",\"model\":\"x\"}";
    // Each cut comes with much before it, to go over, and much after it.
    byte[] bytes = (text.replace("\"a\":[", "\"a\":[" + "[0],".repeat(20))).getBytes(UTF_8);
    assertTrue(Scanned.of(bytes).accepted());
    Scanned each = eachByte(bytes);
    for (int first = 0; first <= bytes.length; first++) {
      for (int second = first; second <= bytes.length; second++) {
        List<byte[]> three =
            List.of(
                Arrays.copyOf(bytes, first),
                Arrays.copyOfRange(bytes, first, second),
                Arrays.copyOfRange(bytes, second, bytes.length));
        assertEquals(each, Scanned.in(three, DEPTH, 64), first + ", " + second);
      }
    }
  }

  @Test
  void bracketsAreCountedFarInside() {
    for (String bracket : new String[] {"[]", "{}", "[ ]", "[0]", "{\"a\":0}", "[[]]"}) {
      for (int depth = 2; depth < DEPTH + 2; depth++) {
        String open = "[".repeat(depth - 1);
        String text = "{\"a\":" + open + bracket + ",0" + "]".repeat(depth - 1) + "}";
        byte[] bytes = (text + " ".repeat(40)).getBytes(UTF_8);
        assertAlike(bytes, new Random(depth));
        int deepest = depth + (bracket.equals("[[]]") ? 2 : 1);
        assertEquals(deepest <= DEPTH, eachByte(bytes).accepted(), bracket + " in " + depth);
      }
    }
  }

  /// Whole, and in segments long enough to go over much at once.
  private static boolean assertAlike(byte[] text, Random random) {
    Scanned each = eachByte(text);
    assertEquals(each, Scanned.in(List.of(text), DEPTH, 64), () -> "whole" + said(text));
    assertEquals(each, Scanned.in(cut(text, random), DEPTH, 64), () -> "cut" + said(text));
    return each.accepted();
  }

  private static String said(byte[] text) {
    return ", seed " + SEED + ": " + new String(text, UTF_8);
  }

  private static Scanned eachByte(byte[] text) {
    return Scanned.in(
        IntStream.range(0, text.length).mapToObj(i -> new byte[] {text[i]}).toList(), DEPTH, 64);
  }

  private static List<byte[]> cut(byte[] text, Random random) {
    List<byte[]> segments = new ArrayList<>();
    int at = 0;
    while (at < text.length) {
      int length = Math.min(text.length - at, 1 + random.nextInt(200));
      segments.add(Arrays.copyOfRange(text, at, at + length));
      at += length;
    }
    return segments;
  }

  /// Puts a piece in, over what is there or between, or takes some octets away.
  private static byte[] mutated(byte[] text, Random random) {
    int at = random.nextInt(text.length);
    byte[] piece = PIECES[random.nextInt(PIECES.length)].getBytes(UTF_8);
    int taken = Math.min(random.nextInt(3), text.length - at);
    if (random.nextInt(4) == 0) {
      piece = new byte[] {(byte) random.nextInt(256)};
    }
    byte[] changed = new byte[text.length + piece.length - taken];
    System.arraycopy(text, 0, changed, 0, at);
    System.arraycopy(piece, 0, changed, at, piece.length);
    int rest = text.length - at - taken;
    System.arraycopy(text, at + taken, changed, at + piece.length, rest);
    return changed;
  }

  /// Makes JSON with most of it far inside: short and long strings of all kinds, every sort of
  /// blanks, empty and deep brackets.
  private record RandomText(Random random) {

    private static final String[] PARTS = {
      "a",
      "type",
      "description of it",
      " ",
      "\\n",
      "\\\"",
      "\\\\",
      "\\/\\b\\f\\r\\t",
      "\\u00e9",
      "\\uD83D\\ude00",
      "\\udead",
      "\u00e9",
      "\u4e2d\u6587",
      "\ud83d\ude00",
      "\u007f",
      "{[]},:",
      "0123456789abcdef",
      "\\n\\n\\n\\n\\n\\n\\n\\n"
    };
    private static final String[] SCALARS = {
      "0",
      "-1",
      "12",
      "-2.50",
      "1e5",
      "1E+10",
      "123456789012345678901234567890123456789",
      "true",
      "false",
      "null"
    };
    private static final String[] BLANKS = {"", "", " ", "\n", "\n    ", "\r\n\t", "         "};

    String text() {
      StringBuilder text = new StringBuilder(oneOf(BLANKS)).append('{');
      text.append("\"model\":\"m\",\"a\":").append(bracket(0)).append(oneOf(BLANKS));
      for (int more = random.nextInt(2); more > 0; more--) {
        text.append(',').append(string()).append(':').append(bracket(1));
      }
      return text.append('}').append(oneOf(BLANKS)).toString();
    }

    private String oneOf(String[] choices) {
      return choices[random.nextInt(choices.length)];
    }

    private String blanks() {
      return oneOf(BLANKS);
    }

    private String bracket(int depth) {
      boolean object = random.nextBoolean();
      List<String> items = new ArrayList<>();
      for (int i = random.nextInt(6); i > 0; i--) {
        String name = object ? string() + blanks() + ":" + blanks() : "";
        items.add(blanks() + name + value(depth + 1) + blanks());
      }
      String all = items.isEmpty() ? blanks() : String.join(",", items);
      return object ? "{" + all + "}" : "[" + all + "]";
    }

    private String value(int depth) {
      return switch (random.nextInt(depth < 5 ? 6 : 3)) {
        case 0 -> oneOf(SCALARS);
        case 1, 2 -> string();
        default -> bracket(depth);
      };
    }

    private String string() {
      StringBuilder text = new StringBuilder("\"");
      for (int i = random.nextInt(random.nextInt(8) == 0 ? 40 : 4); i > 0; i--) {
        text.append(oneOf(PARTS));
      }
      return text.append('"').toString();
    }
  }
}
