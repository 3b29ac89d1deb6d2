package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class GrammarTest {
  private static final String TCHARS =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

  @Test
  void aTokenIsMadeOfExactlyTheCharactersOfTheRfc() {
    for (char c = 0; c < 0x300; c++) {
      assertEquals(TCHARS.indexOf(c) >= 0, Grammar.isToken("a" + c), "character " + (int) c);
    }
    assertFalse(Grammar.isToken(""));
  }

  @Test
  void aFieldValueHoldsTabsAndAllOfLatin1ButControls() {
    for (char c = 0; c < 0x300; c++) {
      boolean fine = c == '\t' || (c >= 0x20 && c <= 0xff && c != 0x7f);
      assertEquals(fine, Grammar.isFieldValue("a" + c + "b"), "character " + (int) c);
    }
    assertTrue(Grammar.isFieldValue(""));
  }

  @Test
  void aTargetHoldsNoBlanksAndNoControls() {
    for (char c = 0; c < 0x300; c++) {
      boolean fine = c > 0x20 && c <= 0xff && c != 0x7f;
      assertEquals(fine, Grammar.isTarget("/" + c), "character " + (int) c);
    }
    assertFalse(Grammar.isTarget(""));
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "00017, 17", "9223372036854775807, 9223372036854775807"})
  void aContentLengthIsDigits(String text, long length) {
    assertEquals(OptionalLong.of(length), Grammar.contentLength(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " 1",
        "1 ",
        "+1",
        "-1",
        "1,1",
        "0x10",
        "1e3",
        "1.0",
        "\u0661",
        "１",
        "9223372036854775808",
        "18446744073709551616",
        "99999999999999999999999"
      })
  void anythingElseIsNoContentLength(String text) {
    assertEquals(OptionalLong.empty(), Grammar.contentLength(text));
  }

  @Test
  void aHexadecimalDigitHasItsWorth() {
    for (char c = 0; c < 0x300; c++) {
      int worth = c < 128 ? Character.digit(c, 16) : -1;
      assertEquals(worth, Grammar.hexDigit(c), "character " + (int) c);
    }
  }
}
