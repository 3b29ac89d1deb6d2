package llmhop.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import llmhop.backend.Hash64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Members of a body that name a session.
class SessionFieldsTest {
  private static final Affinity.Wanted WANTED =
      Affinities.fields("user", "prompt_cache_key", "\u4e2d", "system");

  private static Affinity affinity(String body) {
    return Affinities.of(body.replace('\'', '"'), WANTED);
  }

  private static OptionalLong hash(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return OptionalLong.of(Hash64.of(bytes, 0, bytes.length));
  }

  @Test
  void aStringOfTheOutermostObjectIsHashed() {
    Affinity affinity =
        affinity("{'user':'anna','messages':[{'user':'no'}],'prompt_cache_key':'k-1','x':'y'}");
    assertEquals(hash("anna"), affinity.field("user"));
    assertEquals(hash("k-1"), affinity.field("prompt_cache_key"));
    assertEquals(OptionalLong.empty(), affinity.field("x"));
    assertEquals(OptionalLong.empty(), affinity.field("\u4e2d"));
  }

  @Test
  void nameAndValueAreDecoded() {
    Affinity affinity =
        affinity("{ '\\u0075ser' : '\\u0061nn\\u00e9' , '\\u4e2d':'\\ud83d\\ude00'}");
    assertEquals(hash("ann\u00e9"), affinity.field("user"));
    assertEquals(hash("\ud83d\ude00"), affinity.field("\u4e2d"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "''",
        "null",
        "5",
        "true",
        "{}",
        "{'user':'x'}",
        "[]",
        "['x']",
        "'x','user':null",
        "'x','user':['x']",
        "'x','us\\u0065r':''"
      })
  void whatIsNoStringIsNone(String value) {
    assertEquals(OptionalLong.empty(), affinity("{'user':" + value + "}").field("user"));
  }

  @Test
  void theLastOfTwoCounts() {
    assertEquals(hash("b"), affinity("{'user':'a','user':'b'}").field("user"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"User", "use", "users", "user ", "user\\u0000", "uuser"})
  void noOtherNameWillDo(String name) {
    assertEquals(OptionalLong.empty(), affinity("{'" + name + "':'x'}").field("user"));
  }

  @Test
  void aValueCountsWholeHoweverLong() {
    String much = "x".repeat(200_000);
    assertEquals(hash(much + "y"), affinity("{'user':'" + much + "y'}").field("user"));
  }

  @Test
  void aSectionOfThePromptMayBeAFieldToo() {
    Affinity.Wanted both = WANTED.union(Affinities.prefix(4));
    Affinity affinity = Affinities.of("{\"system\":\"longer\",\"user\":\"u\"}", both);
    assertEquals(hash("long"), affinity.prefix(4));
    assertEquals(hash("longer"), affinity.field("system"));
    assertEquals(hash("u"), affinity.field("user"));
    Affinity blocks = Affinities.of("{\"system\":[\"longer\"]}", both);
    assertEquals(hash("long"), blocks.prefix(4));
    assertEquals(OptionalLong.empty(), blocks.field("system"));
  }

  @Test
  void aUnionWantsWhatEitherDoes() {
    Affinity.Wanted one = new Affinity.Wanted(10, Set.of("a", "b"));
    Affinity.Wanted both = one.union(new Affinity.Wanted(20, Set.of("b", "c")));
    assertEquals(new Affinity.Wanted(20, Set.of("a", "b", "c")), both);
    assertEquals(one, one.union(Affinity.Wanted.NOTHING));
    assertTrue(Affinity.Wanted.NOTHING.isNothing());
    assertFalse(both.isNothing());
  }

  @Test
  void tooMuchIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Affinities.prefix(-1));
    assertThrows(IllegalArgumentException.class, () -> Affinities.prefix(64 * 1024 + 1));
    Set<String> names = IntStream.range(0, 17).mapToObj(i -> "f" + i).collect(Collectors.toSet());
    assertThrows(IllegalArgumentException.class, () -> new Affinity.Wanted(0, names));
  }
}
