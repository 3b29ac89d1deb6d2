package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class Sha256Test {
  // FIPS 180-2, B.1.
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @Test
  void theDigestIsTheStandardsOne() {
    Sha256 digest = Sha256.of("abc".getBytes(StandardCharsets.US_ASCII));
    assertEquals(Sha256.parse(ABC), digest);
    assertArrayEquals(HexFormat.of().parseHex(ABC), digest.bytes());
  }

  @Test
  void capitalDigitsAreTheSame() {
    assertEquals(Sha256.parse(ABC), Sha256.parse(ABC.toUpperCase()));
  }

  @Test
  void aDifferenceInAnyBitIsSeen() {
    Sha256 digest = Sha256.parse(ABC);
    assertTrue(digest.matches(Sha256.parse(ABC)));
    for (int bit = 0; bit < 256; bit++) {
      byte[] bytes = digest.bytes();
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      assertFalse(digest.matches(Sha256.parse(HexFormat.of().formatHex(bytes))), "bit " + bit);
    }
  }

  @Test
  void whatIsNoDigestIsRefusedWithoutBeingShown() {
    for (String text : new String[] {"", "abc", ABC + "0", ABC.replace('b', 'x')}) {
      var e = assertThrows(IllegalArgumentException.class, () -> Sha256.parse(text));
      assertEquals("not 64 hexadecimal digits", e.getMessage());
    }
  }

  @Test
  void itDoesNotShowItself() {
    assertEquals("(sha256)", Sha256.parse(ABC).toString());
    assertEquals("(secret)", Secret.of("abc").toString());
  }
}
