package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FieldOrderTest {
  private final Fields fields = new Fields();

  @BeforeEach
  void someFields() {
    fields.add("Set-Cookie", "a=1");
    fields.add("Date", "today");
    fields.add("set-cookie", "b=2");
  }

  @Test
  void orderCaseAndRepetitionAreKept() {
    var seen = new StringBuilder();
    fields.forEach(
        field -> seen.append(field.name()).append('=').append(field.value()).append(';'));
    assertEquals("Set-Cookie=a=1;Date=today;set-cookie=b=2;", seen.toString());
    assertEquals(3, fields.size());
  }

  @Test
  void namesAreFoundInAnyCase() {
    assertEquals(List.of("a=1", "b=2"), fields.all("SET-COOKIE"));
    assertEquals(Optional.of("a=1"), fields.first("SeT-cOOKIE"));
    assertTrue(fields.has("dATE"));
    assertFalse(fields.has("Dat"));
    assertEquals(List.of(), fields.all("Dates"));
    assertEquals(Optional.empty(), fields.first("Da"));
  }

  @Test
  void settingReplacesAllOfThatName() {
    fields.set("SET-COOKIE", "c=3");
    assertEquals(List.of("c=3"), fields.all("set-cookie"));
    assertEquals(2, fields.size());
  }

  @Test
  void removingTakesAllOfThatName() {
    fields.removeAll("set-COOKIE");
    assertFalse(fields.has("Set-Cookie"));
    assertEquals(1, fields.size());
  }
}
