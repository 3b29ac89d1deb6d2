package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class FieldsTest {
  @Test
  void orderCaseAndRepetitionAreKept() {
    var fields = new Fields();
    fields.add("B", "1");
    fields.add("a", "2");
    fields.add("b", "3");
    List<String> lines = new ArrayList<>();
    fields.forEach(field -> lines.add(field.name() + field.value()));
    assertEquals(List.of("B1", "a2", "b3"), lines);
    assertEquals(List.of("1", "3"), fields.all("b"));
    assertEquals(Optional.of("1"), fields.first("b"));
    assertTrue(fields.has("A") && !fields.has("c"));
    fields.set("B", "4");
    assertEquals(List.of("4"), fields.all("b"));
    fields.removeAll("A");
    assertEquals(1, fields.size());
  }

  @Test
  void tokensAndValuesAreWhatTheGrammarSays() {
    for (String token : List.of("a", "X-Y_Z", "!#$%&'*+-.^_`|~09AZaz")) {
      assertTrue(Grammar.isToken(token), token);
    }
    for (String other : List.of("", "a b", "a:", "a\t", "ä", "a\u0000", "(a)", "a/b", "\"a\"")) {
      assertFalse(Grammar.isToken(other), other);
    }
    for (String value : List.of("", "a b\tc", "\u00e4\u00ff", "~!\"(),/:;<=>?@[\\]{}")) {
      assertTrue(Grammar.isFieldValue(value), value);
    }
    for (String value : List.of("\r", "\n", "a\u0000", "\u007f", "\u0100", "\u001f")) {
      assertFalse(Grammar.isFieldValue(value), value);
    }
  }

  @Test
  void aContentLengthIsDigitsThatFitALong() {
    assertEquals(OptionalLong.of(0), Grammar.contentLength("0"));
    assertEquals(OptionalLong.of(12), Grammar.contentLength("0012"));
    assertEquals(OptionalLong.of(Long.MAX_VALUE), Grammar.contentLength("9223372036854775807"));
    for (String other :
        List.of(
            "",
            "+1",
            "-1",
            " 1",
            "1 ",
            "1,1",
            "0x1",
            "9223372036854775808",
            "99999999999999999999",
            "١")) {
      assertEquals(OptionalLong.empty(), Grammar.contentLength(other), other);
    }
  }

  @Test
  void aPoolKeepsNoMoreThanItMay() {
    SegmentPool pool = SegmentPool.ofBytes(2L * SegmentPool.SEGMENT);
    byte[] first = pool.take();
    byte[] second = pool.take();
    byte[] third = pool.take();
    pool.give(first);
    pool.give(second);
    assertEquals(2, pool.idle());
    pool.give(third);
    assertEquals(2, pool.idle());
    assertArrayEquals(new byte[SegmentPool.SEGMENT], pool.take());
    assertEquals(1, pool.idle());
    SegmentPool none = SegmentPool.ofBytes(0);
    none.give(none.take());
    assertEquals(0, none.idle());
  }
}
