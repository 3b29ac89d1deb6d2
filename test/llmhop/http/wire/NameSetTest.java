package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class NameSetTest {
  private static final List<String> NAMES =
      List.of(
          "TE",
          "Connection",
          "Keep-Alive",
          "Proxy-Authenticate",
          "Proxy-Authorization",
          "Transfer-Encoding",
          "Upgrade",
          "Host",
          "HTTP2-Settings",
          "X-LLMhop-Error",
          "a");

  private static String mixed(String name, int pattern) {
    var mixed = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      String one = name.substring(i, i + 1);
      mixed.append(
          (pattern >> i & 1) == 0 ? one.toLowerCase(Locale.ROOT) : one.toUpperCase(Locale.ROOT));
    }
    return mixed.toString();
  }

  @Test
  void eachNameIsFoundInAnyCase() {
    NameSet set = NameSet.of(NAMES);
    for (String name : NAMES) {
      for (int pattern = 0; pattern < 1 << Math.min(name.length(), 10); pattern++) {
        assertTrue(set.contains(mixed(name, pattern)), mixed(name, pattern));
      }
      assertTrue(set.contains(name.toUpperCase(Locale.ROOT)));
    }
  }

  @Test
  void nearMissesAreNot() {
    NameSet set = NameSet.of(NAMES);
    for (String name : NAMES) {
      for (int i = 0; i < name.length(); i++) {
        String cut = name.substring(0, i) + name.substring(i + 1);
        assertFalse(set.contains(cut), cut);
        for (char other : "zq9_-~".toCharArray()) {
          String changed = name.substring(0, i) + other + name.substring(i + 1);
          assertEquals(changed.equalsIgnoreCase(name), set.contains(changed), changed);
        }
      }
      assertFalse(set.contains(name + "s"));
      assertFalse(set.contains("X" + name));
    }
    assertFalse(set.contains(""));
  }

  @Test
  void whatDiffersInMoreThanCaseIsAnotherNameEvenWhereOneBitTellsThemApart() {
    // ~ and ^ differ in the bit that tells a from A.
    NameSet set = NameSet.of(List.of("x^x", "^"));
    assertTrue(set.contains("X^X"));
    assertFalse(set.contains("x~x"));
    assertFalse(set.contains("~"));
  }

  @Test
  void namesThatShareAPlaceAreAllFound() {
    // Length, first, middle and last character are the same: they have one place in the table.
    List<String> names = new ArrayList<>();
    for (char c = 'a'; c <= 'z'; c++) {
      names.add("x" + c + "m-x");
    }
    NameSet set = NameSet.of(names);
    names.forEach(name -> assertTrue(set.contains(name.toUpperCase(Locale.ROOT)), name));
    assertFalse(set.contains("x-m-x"));
    assertFalse(set.contains("x0m-x"));
  }

  @Test
  void anEmptySetHoldsNothingAndANameMayBeGivenTwice() {
    assertFalse(NameSet.of(List.of()).contains("Host"));
    NameSet twice = NameSet.of(List.of("Host", "HOST", "host"));
    assertTrue(twice.contains("hOST"));
    assertFalse(twice.contains("hosts"));
  }

  @Test
  void randomNamesAreFoundAsATreeFindsThem() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      List<String> names = new ArrayList<>();
      for (int n = random.nextInt(40); n > 0; n--) {
        names.add(random(random));
      }
      Set<String> expected = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
      expected.addAll(names);
      NameSet set = NameSet.of(names);
      for (int n = 0; n < 200; n++) {
        String name = random(random);
        assertEquals(expected.contains(name), set.contains(name), name + ", seed " + seed);
      }
      names.forEach(name -> assertTrue(set.contains(name), name + ", seed " + seed));
    }
  }

  private static String random(Random random) {
    var name = new StringBuilder();
    for (int n = 1 + random.nextInt(4); n > 0; n--) {
      name.append("abAB-^~".charAt(random.nextInt(7)));
    }
    return name.toString();
  }

  @Test
  void knownNamesAreOneObjectEachAndOthersAreMadeAsTheyCame() {
    for (String name : List.of("Content-Type", "content-type", "Host", "x-request-id", "Date")) {
      assertSame(known(name), known(name), name);
      assertEquals(name, known(name));
    }
    for (String name : List.of("CONTENT-TYPE", "Hosts", "Hos", "x", "Content-Typf", "\u00e9")) {
      assertEquals(name, known(name));
    }
  }

  private static String known(String name) {
    byte[] bytes = ("..." + name + "...").getBytes(StandardCharsets.ISO_8859_1);
    return KnownNames.name(bytes, 3, bytes.length - 3);
  }
}
