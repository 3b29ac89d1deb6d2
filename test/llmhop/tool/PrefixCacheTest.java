package llmhop.tool;

import static llmhop.tool.Simulator.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.json.Json;
import org.junit.jupiter.api.Test;

/// What is kept of prompts, and for how long.
class PrefixCacheTest {
  private static final int MANY = 1_000;

  @Test
  void onlyFullBlocksAreKnown() {
    assertEquals(0, text("").blocks().count());
    assertEquals(0, text("x".repeat(63)).blocks().count());
    assertEquals(1, text("x".repeat(64)).blocks().count());
    assertEquals(1, text("x".repeat(127)).blocks().count());
    assertEquals(2, text("x".repeat(128)).blocks().count());
    assertEquals(1, text("😀".repeat(64)).blocks().count());
    assertEquals(200, text("x".repeat(64 * 200)).blocks().count());
  }

  @Test
  void noMoreBlocksAreRememberedThanFit() {
    assertEquals(3, Prompt.of(3, Optional.of(quoted("x".repeat(MANY)))).blocks().count());
    assertEquals(0, Prompt.of(Optional.of(quoted("x".repeat(MANY)))).blocks().count());
  }

  @Test
  void aTokenThatIsGivenAsANumberIsOne() {
    String tokens = "7,".repeat(15) + "7";
    assertEquals(1, prompt("[" + tokens + "]").blocks().count());
    assertEquals(1, prompt("[" + tokens + ",8]").blocks().count());
    assertEquals(2, prompt("[" + tokens + "," + tokens + "]").blocks().count());
    assertEquals(1, common(prompt("[" + tokens + ",8]"), prompt("[" + tokens + ",9]")));
    assertEquals(0, common(prompt("[12,3," + tokens + "]"), prompt("[1,23," + tokens + "]")));
  }

  @Test
  void theNextTurnBeginsWithTheBlocksOfTheTurnBefore() {
    String first = message("system", "s".repeat(100)) + "," + message("user", "u".repeat(90));
    String next = first + "," + message("assistant", "a".repeat(70)) + "," + message("user", "?");
    Prompt before = prompt("[" + first + "]");
    Prompt after = prompt("[" + next + "]");
    assertEquals(2, before.blocks().count());
    assertEquals(4, after.blocks().count());
    assertEquals(2, common(before, after));
  }

  @Test
  void whoSaysItBelongsToTheBlock() {
    String text = "x".repeat(64);
    Prompt user = prompt("[" + message("user", text) + "]");
    assertEquals(0, common(user, prompt("[" + message("system", text) + "]")));
    String parts =
        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"" + text + "\"}]}";
    assertEquals(1, common(user, prompt("[" + parts + "]")));
  }

  @Test
  void oneDifferenceChangesAllBlocksBehindIt() {
    String text = "x".repeat(64 * 4);
    assertEquals(1, common(text(text), text("x".repeat(64) + "y" + text)));
    assertEquals(0, common(text(text), text("y" + text)));
    String cut = message("user", "x") + "," + message("user", text);
    String elsewhere = message("user", "xx") + "," + message("user", text.substring(1));
    assertEquals(0, common(prompt("[" + cut + "]"), prompt("[" + elsewhere + "]")));
  }

  @Test
  void asMuchAsFitsIsKeptAndNotABlockMore() {
    assertEquals(64, keptOf(64, 4));
    assertEquals(64, keptOf(64, 5));
    assertEquals(48, keptOf(63, 4));
    assertEquals(64, keptOf(79, 5));
    assertEquals(80, keptOf(80, 5));
    assertEquals(0, keptOf(15, 1));
  }

  /// How many tokens are found of a prompt of so many blocks, once it was kept.
  private static long keptOf(int capacity, int blocks) {
    PrefixCache cache = cache(capacity);
    Prompt prompt = Prompt.of(cache.mostBlocks(), Optional.of(quoted("x".repeat(64 * blocks))));
    cache.keep("llama", prompt);
    return look(cache, prompt);
  }

  @Test
  void theLeastRecentlyUsedBlocksMakeRoom() {
    PrefixCache cache = cache(64);
    Prompt a = text("a".repeat(128));
    Prompt b = text("b".repeat(128));
    Prompt c = text("c".repeat(128));
    cache.keep("llama", a);
    cache.keep("llama", b);
    assertEquals(32, look(cache, a));
    cache.keep("llama", c);
    assertEquals(32, look(cache, a));
    assertEquals(32, look(cache, c));
    assertEquals(0, look(cache, b));
  }

  @Test
  void oneBlockTooManyCostsTheEndOfTheOldestPrompt() {
    PrefixCache cache = cache(64);
    Prompt a = text("a".repeat(128));
    Prompt b = text("b".repeat(128));
    cache.keep("llama", a);
    cache.keep("llama", b);
    assertEquals(32, look(cache, a));
    cache.keep("llama", text("c".repeat(64)));
    assertEquals(16, look(cache, b));
    assertEquals(32, look(cache, a));
  }

  @Test
  void eachModelHasItsOwn() {
    PrefixCache cache = cache(64);
    Prompt prompt = text("x".repeat(256));
    cache.keep("llama", prompt);
    assertEquals(OptionalLong.of(0), cache.look("qwen", prompt));
    cache.keep("qwen", text("y".repeat(256)));
    assertEquals(64, look(cache, prompt));
  }

  @Test
  void whatWasLookedForIsCountedInTokens() {
    PrefixCache cache = cache(64);
    Prompt prompt = text("x".repeat(65));
    look(cache, prompt);
    cache.keep("llama", prompt);
    look(cache, prompt);
    assertEquals(new PrefixCache.Use(34, 16), cache.use("llama"));
    assertEquals(new PrefixCache.Use(0, 0), cache.use("qwen"));
  }

  @Test
  void offKeepsNothingAndCountsNothing() {
    PrefixCache cache = cache(0);
    Prompt prompt = text("x".repeat(64));
    cache.keep("llama", prompt);
    assertEquals(OptionalLong.empty(), cache.look("llama", prompt));
    assertEquals(new PrefixCache.Use(0, 0), cache.use("llama"));
    assertEquals(0, cache.mostBlocks());
  }

  @Test
  void manyAtOnceNeverKeepMoreThanFits() throws InterruptedException {
    PrefixCache cache = cache(64);
    List<Prompt> prompts = List.of(text("a".repeat(256)), text("b".repeat(256)));
    List<Thread> threads = prompts.stream().map(prompt -> keeping(cache, prompt)).toList();
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(64, look(cache, prompts.get(0)) + look(cache, prompts.get(1)));
  }

  private static Thread keeping(PrefixCache cache, Prompt prompt) {
    return Thread.ofVirtual()
        .start(
            () -> {
              for (int i = 0; i < MANY; i++) {
                cache.keep("llama", prompt);
                cache.look("llama", prompt);
              }
            });
  }

  private static PrefixCache cache(int tokens) {
    return new PrefixCache(tokens, List.of("llama", "qwen"));
  }

  private static long look(PrefixCache cache, Prompt prompt) {
    return cache.look("llama", prompt).orElseThrow();
  }

  private static Prompt text(String text) {
    return Prompt.of(MANY, Optional.of(quoted(text)));
  }

  private static Prompt prompt(String list) {
    return Prompt.of(MANY, Optional.of(json(list)));
  }

  private static Json quoted(String text) {
    return new Json.Str(text, 0);
  }

  private static String message(String role, String text) {
    return "{\"role\":\"" + role + "\",\"content\":\"" + text + "\"}";
  }

  /// With how many of the same blocks they begin; no block behind these is the same.
  private static int common(Prompt one, Prompt other) {
    int most = Math.min(one.blocks().count(), other.blocks().count());
    int same = 0;
    while (same < most && one.blocks().hash(same) == other.blocks().hash(same)) {
      same++;
    }
    for (int i = same; i < most; i++) {
      assertNotEquals(one.blocks().hash(i), other.blocks().hash(i));
    }
    return same;
  }
}
