package llmhop.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import llmhop.backend.Hash64;
import llmhop.json.Json;
import org.junit.jupiter.api.Test;

/// The keys of random bodies, in random spellings and splits, are those of the parsed text.
class RandomPromptsTest {
  private static final int SEED = 41;
  private static final int BODIES = 4000;

  @Test
  void theKeysAreThoseOfTheParsedBody() throws Exception {
    Random random = new Random(SEED);
    int keys = 0;
    for (int round = 0; round < BODIES; round++) {
      byte[] text = new RandomBody(random).text().getBytes(UTF_8);
      Json.Obj body = (Json.Obj) Json.parse(text);
      byte[] canonical = CanonicalPrompt.of(body).getBytes(UTF_8);
      OptionalLong user =
          body.get("user")
              .filter(value -> value instanceof Json.Str string && !string.value().isEmpty())
              .map(value -> hash(((Json.Str) value).value().getBytes(UTF_8), Integer.MAX_VALUE))
              .orElse(OptionalLong.empty());
      int limit = 1 + random.nextInt(random.nextBoolean() ? 12 : 200);
      var wanted = new Affinity.Wanted(limit, Set.of("user"));
      keys += canonical.length > 0 ? 1 : 0;
      for (List<byte[]> segments : List.of(List.of(text), eachByte(text), cut(text, random))) {
        Affinity affinity = Affinities.in(segments, wanted);
        String said = new String(text, UTF_8) + ", limit " + limit + ", seed " + SEED;
        assertEquals(hash(canonical, limit), affinity.prefix(limit), said);
        int fewer = 1 + random.nextInt(limit);
        assertEquals(hash(canonical, fewer), affinity.prefix(fewer), said);
        assertEquals(user, affinity.field("user"), said);
      }
    }
    assertTrue(keys > BODIES / 2, keys + " keys");
  }

  private static OptionalLong hash(byte[] text, int limit) {
    int length = Math.min(limit, text.length);
    return length == 0 ? OptionalLong.empty() : OptionalLong.of(Hash64.of(text, 0, length));
  }

  private static List<byte[]> eachByte(byte[] text) {
    return IntStream.range(0, text.length).mapToObj(i -> new byte[] {text[i]}).toList();
  }

  private static List<byte[]> cut(byte[] text, Random random) {
    List<byte[]> segments = new ArrayList<>();
    int at = 0;
    while (at < text.length) {
      int length = Math.min(text.length - at, random.nextInt(90));
      segments.add(Arrays.copyOfRange(text, at, at + length));
      at += length;
    }
    return segments;
  }

  /// A body with each name once per object.
  private record RandomBody(Random random) {
    private static final String[] WORDS = {
      "",
      "a",
      "Hello",
      " you",
      "text",
      "role",
      "content",
      "longer than sixteen octets",
      "\u00e9",
      "\u4e2d\u6587",
      "\ud83d\ude00",
      "\n",
      "\"\\/",
      "{[]},:"
    };
    private static final String[] ROLES = {
      "user", "user", "user", "system", "developer", "tool", "assistant", "model", "assistants", ""
    };
    private static final String[] BLANKS = {"", "", "", " ", "\n", "\r\n\t", "            "};
    private static final String[] SCALARS = {"0", "-2.5e3", "true", "false", "null"};

    String text() {
      List<String> members = new ArrayList<>();
      some(2, members, "system", this::section);
      some(4, members, "instructions", this::section);
      some(1, members, "messages", this::section);
      some(3, members, "input", this::section);
      some(4, members, "prompt", this::section);
      some(2, members, "user", this::value);
      some(2, members, "model", () -> quoted("m"));
      some(2, members, "tools", () -> array(this::message));
      some(3, members, "metadata", this::message);
      return object(members);
    }

    private interface Making {
      String text();
    }

    /// One time in so many.
    private void some(int times, List<String> members, String name, Making value) {
      if (random.nextInt(times) == 0) {
        members.add(quoted(name) + blanks() + ":" + blanks() + value.text());
      }
    }

    private String section() {
      return switch (random.nextInt(8)) {
        case 0 -> value();
        case 1, 2 -> words();
        default -> array(this::item);
      };
    }

    private String item() {
      return switch (random.nextInt(10)) {
        case 0 -> value();
        case 1 -> words();
        default -> message();
      };
    }

    private String message() {
      List<String> members = new ArrayList<>();
      if (random.nextInt(8) > 0) {
        some(1, members, "role", () -> quoted(oneOf(ROLES)));
      } else {
        some(2, members, "role", () -> random.nextBoolean() ? oneOf(SCALARS) : part());
      }
      if (random.nextInt(6) > 0) {
        some(1, members, "content", random.nextBoolean() ? this::words : () -> array(this::part));
      } else {
        some(2, members, "content", this::value);
      }
      some(5, members, "text", this::words);
      some(9, members, "text ", this::words);
      some(5, members, "type", () -> quoted("message"));
      some(5, members, "tool_calls", () -> array(this::part));
      return object(members);
    }

    private String part() {
      List<String> members = new ArrayList<>();
      some(4, members, "type", () -> quoted("text"));
      some(5, members, "role", () -> quoted("assistant"));
      some(5, members, "content", () -> array(this::value));
      if (random.nextInt(6) > 0) {
        some(1, members, "text", this::words);
      } else {
        some(1, members, "text", this::value);
      }
      return random.nextInt(8) == 0 ? value() : object(members);
    }

    private String value() {
      return switch (random.nextInt(6)) {
        case 0, 1 -> oneOf(SCALARS);
        case 2 -> array(this::part);
        case 3 -> part();
        default -> words();
      };
    }

    private String object(List<String> members) {
      Collections.shuffle(members, random);
      return bracketed("{", members, "}");
    }

    private String array(Making item) {
      List<String> items = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        items.add(item.text());
      }
      return bracketed("[", items, "]");
    }

    private String bracketed(String open, List<String> members, String close) {
      String all = String.join(blanks() + "," + blanks(), members);
      return open + blanks() + all + blanks() + close;
    }

    private String words() {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(random.nextInt(8) == 0 ? 12 : 4); i > 0; i--) {
        text.append(oneOf(WORDS));
      }
      return quoted(text.toString());
    }

    private String quoted(String text) {
      StringBuilder quoted = new StringBuilder("\"");
      for (char c : text.toCharArray()) {
        if (c == '"' || c == '\\' || c < ' ' || random.nextInt(12) == 0) {
          quoted.append("\\u%04x".formatted((int) c));
        } else if (Character.isSurrogate(c)) {
          // Both halves alike.
          quoted.append("\\u%04X".formatted((int) c));
        } else {
          quoted.append(c);
        }
      }
      return quoted.append('"').toString();
    }

    private String blanks() {
      return oneOf(BLANKS);
    }

    private String oneOf(String[] choices) {
      return choices[random.nextInt(choices.length)];
    }
  }
}
