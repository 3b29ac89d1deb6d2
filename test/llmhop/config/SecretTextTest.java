package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecretTextTest {
  // Shows what it was asked for instead of a value.
  private static final Secrets ECHO = (kind, name) -> Optional.of("[" + kind + " " + name + "]");

  @ParameterizedTest
  @CsvSource({
    "'', ''",
    "plain, plain",
    "${env:A}, [ENV A]",
    "$<env:A>, [ENV A]",
    "${file:/a/b c}, [FILE /a/b c]",
    "$<file:/a/b}c>, [FILE /a/b}c]",
    "${cred:a.b}, [CRED a.b]",
    "$<cred:a>, [CRED a]",
    "Bearer ${env:A}, Bearer [ENV A]",
    "x${env:A}y${env:B}z, x[ENV A]y[ENV B]z",
    "$A, [ENV A]",
    "Bearer $OPENAI_KEY, Bearer [ENV OPENAI_KEY]",
    "a $B c, a [ENV B] c",
    "a $B $C, a [ENV B] [ENV C]",
    "$$, $",
    "$$A, $A",
    "$$$$, $$",
    "pa$$word, pa$word",
    "$${env:A}, ${env:A}",
    "$$${env:A}, $[ENV A]",
    "${env:K8S.a-b}, [ENV K8S.a-b]",
  })
  void referencesAreReplaced(String text, String expected) {
    SecretText secret = SecretText.of(text, ECHO);
    assertEquals(List.of(), secret.problems());
    assertEquals(expected, secret.text());
    assertEquals(expected, secret.outline());
    assertFalse(secret.isOpen());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$", "a$", "$ ", "pa$word", "a$B", "$A/b", "$A b", "a $B-c", "a $1", "$1", "$A\n", "${",
        "${env:A", "$<env:A", "$(A)", "a $"
      })
  void aLoneDollarIsRefusedWithAHint(String text) {
    List<String> problems = SecretText.of(text, ECHO).problems();
    assertEquals(1, problems.size(), problems.toString());
    assertTrue(problems.getFirst().contains("$$ for a dollar"), problems.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "${A}",
        "${}",
        "${ENV:A}",
        "${vault:a}",
        "$<A>",
        "${env:}",
        "${env:A B}",
        "${env:A=B}",
        "${file:}",
        "${cred:}",
        "${cred:.}",
        "${cred:..}",
        "${cred:a/b}",
        "${cred:a\\b}",
        "${file:a\u0000b}"
      })
  void aMisspeltReferenceIsRefused(String text) {
    List<Secrets.Kind> asked = new ArrayList<>();
    SecretText secret =
        SecretText.of(
            text,
            (kind, _) -> {
              asked.add(kind);
              return Optional.empty();
            });
    assertEquals(1, secret.problems().size());
    assertEquals(List.of(), asked);
  }

  @Test
  void noProblemShowsWhatStandsAroundADollar() {
    for (String text : new String[] {"hunter2$", "$hunter2/", "${hunter2}", "a ${x:hunter2}"}) {
      String problems = SecretText.of(text, ECHO).problems().toString();
      assertFalse(problems.contains("hunter2"), problems);
    }
  }

  @Test
  void everyProblemOfAStringIsFound() {
    assertEquals(3, SecretText.of("$ ${A} ${env:} ", ECHO).problems().size());
  }

  @Test
  void anOpenReferenceStaysInTheTextAndIsMissingInTheOutline() {
    SecretText secret = SecretText.of("a $$ ${env:A} b $C", Secrets.unresolved());
    assertEquals("a $ ${env:A} b $C", secret.text());
    assertEquals("a $  b ", secret.outline());
    assertTrue(secret.isOpen());
    assertEquals("(secret)", secret.toString());
  }

  @Test
  void spellingIsCheckedWhereNothingIsResolved() {
    assertEquals(1, SecretText.of("${envy:A}", Secrets.unresolved()).problems().size());
  }
}
