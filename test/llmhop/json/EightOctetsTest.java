package llmhop.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Eight octets at once say what one at a time would.
final class EightOctetsTest {

  private static final int SEED = 10;

  @Test
  void theFirstSpecialOctetIsFoundWhateverFollowsIt() {
    Random random = new Random(SEED);
    for (int place = 0; place < 8; place++) {
      for (int octet = 0; octet < 256; octet++) {
        for (int round = 0; round < 20; round++) {
          byte[] bytes = new byte[8];
          random.nextBytes(bytes);
          Arrays.fill(bytes, 0, place, (byte) (round % 2 == 0 ? ' ' : '#'));
          bytes[place] = (byte) octet;
          assertFirstSpecial(bytes);
        }
      }
    }
  }

  private static void assertFirstSpecial(byte[] bytes) {
    int first = 0;
    while (first < 8 && isPlain(bytes[first])) {
      first++;
    }
    long special = EightOctets.special(EightOctets.load(bytes, 0));
    assertEquals(first == 8, special == 0, () -> Arrays.toString(bytes) + ", seed " + SEED);
    if (first < 8) {
      assertEquals(first, EightOctets.before(special), () -> Arrays.toString(bytes));
    }
  }

  @Test
  void theFirstSpecialOctetOfTwoLongsIsFound() {
    for (int first = 0; first <= 8; first++) {
      for (int second = 0; second <= 8; second++) {
        if (first < 8 || second < 8) {
          long inFirst = first < 8 ? 0x80L << 8 * first : 0;
          long inSecond = second < 8 ? 0x80L << 8 * second : 0;
          int expected = first < 8 ? first : 8 + second;
          assertEquals(expected, EightOctets.before(inFirst, inSecond));
        }
      }
    }
  }

  @Test
  void allSpecialOctetsOfAWindowAreFound() {
    Random random = new Random(SEED);
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = new byte[EightOctets.WINDOW];
      long expected = 0;
      for (int i = 0; i < bytes.length; i++) {
        boolean any = random.nextInt(1 + round % 5) == 0;
        bytes[i] = (byte) (any ? random.nextInt(256) : " !#[]~\u007f".charAt(random.nextInt(7)));
        expected |= isPlain(bytes[i]) ? 0 : 1L << i;
      }
      assertEquals(
          expected,
          EightOctets.specials(bytes, 0),
          () -> Arrays.toString(bytes) + ", seed " + SEED);
    }
  }

  @Test
  void spacesAreCountedUpToTheFirstOtherOctet() {
    for (int count = 0; count < 8; count++) {
      for (int octet = 0; octet < 256; octet++) {
        byte[] bytes = "        ".getBytes(StandardCharsets.US_ASCII);
        bytes[count] = (byte) octet;
        assertEquals(octet == ' ' ? 8 : count, EightOctets.spaces(EightOctets.load(bytes, 0)));
      }
    }
  }

  private static boolean isPlain(byte octet) {
    return octet >= ' ' && octet != '"' && octet != '\\';
  }

  @Test
  void everyShortEscapeIsKnownAndNoOther() {
    for (int letter = Byte.MIN_VALUE; letter <= Byte.MAX_VALUE; letter++) {
      boolean expected = letter >= 0 && "\"\\/bfnrt".indexOf(letter) >= 0;
      assertEquals(expected, EightOctets.isShortEscape(letter), "letter " + letter);
    }
  }

  @Test
  void aLongEscapeHasFourDigitsWhateverFollowsIt() {
    for (int place = 0; place < 8; place++) {
      for (int octet = 0; octet < 256; octet++) {
        byte[] bytes = "\\u9AfF\u007f!".getBytes(StandardCharsets.ISO_8859_1);
        bytes[place] = (byte) octet;
        boolean expected =
            switch (place) {
              case 0 -> octet == '\\';
              case 1 -> octet == 'u';
              case 6, 7 -> true;
              default -> "0123456789abcdefABCDEF".indexOf(octet) >= 0;
            };
        assertEquals(
            expected, EightOctets.isLongEscape(EightOctets.load(bytes, 0)), place + ": " + octet);
      }
    }
  }

  @Test
  void everyCharacterBeyondAsciiIsKnown() {
    for (int point = 0x80; point <= Character.MAX_CODE_POINT; point++) {
      if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
        byte[] octets = Character.toString(point).getBytes(StandardCharsets.UTF_8);
        assertEquals(octets.length, length(octets, 'a'));
        assertEquals(octets.length == 3 ? 6 : octets.length, length(twice(octets), 'a'));
        assertEquals(octets.length, length(octets, 0xe4));
      }
    }
  }

  @Test
  void nothingElseIsACharacter() {
    byte[] octets = new byte[8];
    int known = 0;
    for (int first = 0; first < 256; first++) {
      for (int second = 0; second < 256; second++) {
        for (int third : new int[] {0, 'a', 0x7f, 0x80, 0xa0, 0xbf, 0xc0, 0xe4, 0xff}) {
          for (int fourth : new int[] {'a', 0x7f, 0x80, 0xbf, 0xc0, 0xff}) {
            octets[0] = (byte) first;
            octets[1] = (byte) second;
            octets[2] = (byte) third;
            octets[3] = (byte) fourth;
            int length = EightOctets.character(EightOctets.load(octets, 0));
            if (length > 0) {
              known++;
              String text = new String(octets, 0, length, StandardCharsets.UTF_8);
              assertTrue(text.codePointAt(0) >= 0x80 && text.indexOf('\ufffd') < 0, text);
            }
          }
        }
      }
    }
    assertTrue(known > 0);
  }

  private static byte[] twice(byte[] octets) {
    byte[] both = Arrays.copyOf(octets, 2 * octets.length);
    System.arraycopy(octets, 0, both, octets.length, octets.length);
    return both;
  }

  private static int length(byte[] octets, int filler) {
    byte[] bytes = new byte[8];
    Arrays.fill(bytes, (byte) filler);
    System.arraycopy(octets, 0, bytes, 0, octets.length);
    return EightOctets.character(EightOctets.load(bytes, 0));
  }
}
