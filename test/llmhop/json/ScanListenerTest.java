package llmhop.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Who listens to a scan hears what a walk of the parsed text meets.
final class ScanListenerTest {

  private static final int SEED = 31;
  private static final int TEXTS = 600;

  /// @param said the event; what a name or string spells belongs to its end
  /// @param name whether a name begins with it
  private record Event(String said, int depth, boolean name) {}

  /// Walks a parsed text.
  private static void walk(Json value, int depth, List<Event> events) {
    switch (value) {
      case Json.Obj object -> {
        events.add(new Event("open " + depth + " object", depth, false));
        for (Json.Member member : object.members()) {
          events.add(new Event("name " + (depth + 1), depth + 1, true));
          events.add(new Event("end " + hex(member.name()), depth + 1, false));
          walk(member.value(), depth + 1, events);
        }
        events.add(new Event("close " + depth, depth, false));
      }
      case Json.Arr array -> {
        events.add(new Event("open " + depth + " array", depth, false));
        array.items().forEach(item -> walk(item, depth + 1, events));
        events.add(new Event("close " + depth, depth, false));
      }
      case Json.Str string -> {
        events.add(new Event("string " + depth, depth, false));
        events.add(new Event("end " + hex(string.value()), depth, false));
      }
      case Json.Num _, Json.Bool _, Json.Null _ -> {}
    }
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(Surrogates.utf8(text));
  }

  /// Notes what it hears; asks the chance anew after each event that the scan asks after.
  private static final class Recorder implements ScanListener {
    private final List<String> heard = new ArrayList<>();
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private final StringDecoder decoder =
        new StringDecoder((utf8, from, to) -> text.write(utf8, from, to - from));
    private final BooleanSupplier chance;
    private boolean wants;

    Recorder(BooleanSupplier chance) {
      this.chance = chance;
      this.wants = chance.getAsBoolean();
    }

    @Override
    public boolean wants() {
      return wants;
    }

    @Override
    public void open(int depth, boolean object) {
      heard.add("open " + depth + (object ? " object" : " array"));
      wants = chance.getAsBoolean();
    }

    @Override
    public void close(int depth) {
      heard.add("close " + depth);
      wants = chance.getAsBoolean();
    }

    @Override
    public void name(int depth) {
      heard.add("name " + depth);
      begin();
    }

    @Override
    public void string(int depth) {
      heard.add("string " + depth);
      begin();
      wants = chance.getAsBoolean();
    }

    private void begin() {
      text.reset();
      decoder.begin();
    }

    @Override
    public void text(byte[] bytes, int from, int to) {
      assertTrue(from < to);
      decoder.text(bytes, from, to);
    }

    @Override
    public void end() {
      decoder.end();
      heard.add("end " + HexFormat.of().formatHex(text.toByteArray()));
      wants = chance.getAsBoolean();
    }
  }

  /// What one hears of all that there is when the chance decides so.
  private static List<String> told(List<Event> all, BooleanSupplier chance) {
    List<String> told = new ArrayList<>();
    boolean heard = chance.getAsBoolean();
    for (Event event : all) {
      heard |= event.name() && event.depth() == 1;
      if (heard) {
        told.add(event.said());
        heard = event.name() || chance.getAsBoolean();
      }
    }
    return told;
  }

  @Test
  void whoWantsAllHearsAllHoweverTheTextIsCut() throws Exception {
    assertHeard(() -> () -> true);
  }

  @Test
  void whoWantsNothingHearsTheOutermostNamesOnly() throws Exception {
    assertHeard(() -> () -> false);
  }

  @Test
  void whoWantsNoMoreHearsNothingUntilTheNextOutermostName() throws Exception {
    for (int one : new int[] {2, 4, 16}) {
      assertHeard(
          () -> {
            Random random = new Random(one);
            return () -> random.nextInt(one) > 0;
          });
    }
  }

  private interface Chances {
    BooleanSupplier anew();
  }

  private static void assertHeard(Chances chances) throws Exception {
    Random random = new Random(SEED);
    for (int round = 0; round < TEXTS; round++) {
      byte[] text = new RandomText(random).object(0).getBytes(UTF_8);
      List<Event> all = new ArrayList<>();
      walk(Json.parse(text), 0, all);
      List<String> expected = told(all, chances.anew());
      assertEquals(expected, heard(List.of(text), chances), () -> "whole" + said(text));
      assertEquals(expected, heard(eachByte(text), chances), () -> "each byte" + said(text));
      List<byte[]> cut = Scanned.cut(text, random);
      assertEquals(expected, heard(cut, chances), () -> "cut" + said(text));
    }
  }

  private static String said(byte[] text) {
    return ", seed " + SEED + ": " + new String(text, UTF_8);
  }

  private static List<byte[]> eachByte(byte[] text) {
    return IntStream.range(0, text.length).mapToObj(i -> new byte[] {text[i]}).toList();
  }

  private static List<String> heard(List<byte[]> segments, Chances chances) throws ScanException {
    Recorder recorder = new Recorder(chances.anew());
    MemberScan scan = new MemberScan("model", RefusedNames.NONE, 30, 64, recorder);
    for (byte[] segment : segments) {
      scan.feed(segment, 0, segment.length);
    }
    scan.finish();
    return recorder.heard;
  }

  @Test
  void theExampleOfItsDocumentationIsRight() throws Exception {
    byte[] text = "{\"a\":[1,{\"b\":\"c\"}]}".getBytes(UTF_8);
    assertEquals(
        List.of(
            "open 0 object",
            "name 1",
            "end 61",
            "open 1 array",
            "open 2 object",
            "name 3",
            "end 62",
            "string 3",
            "end 63",
            "close 2",
            "close 1",
            "close 0"),
        heard(List.of(text), () -> () -> true));
  }

  /// Texts with each name once per object, spelled in many ways.
  private record RandomText(Random random) {
    private static final String[] PARTS = {
      "a",
      "longer than sixteen octets",
      "\\n",
      "\\\\",
      "\\\"",
      "\\u00e9",
      "\u4e2d",
      "\\ud83d\\ude00",
      "\ud83d\ude00",
      "\\udead",
      "{[\\\"]},:"
    };
    private static final String[] SCALARS = {"0", "-2.5e3", "true", "false", "null"};
    private static final String[] BLANKS = {"", "", " ", "\n", "\r\n\t", "             "};

    String object(int depth) {
      List<String> members = new ArrayList<>();
      for (int i = random.nextInt(6); i > 0; i--) {
        String name = string().replaceFirst("\"$", i + "\"");
        members.add(blanks() + name + blanks() + ":" + blanks() + value(depth + 1) + blanks());
      }
      return "{" + (members.isEmpty() ? blanks() : String.join(",", members)) + "}" + blanks();
    }

    private String value(int depth) {
      return switch (random.nextInt(depth < 7 ? 6 : 3)) {
        case 0 -> oneOf(SCALARS);
        case 1, 2 -> string();
        case 3 -> array(depth);
        default -> object(depth);
      };
    }

    private String array(int depth) {
      List<String> items = new ArrayList<>();
      for (int i = random.nextInt(5); i > 0; i--) {
        items.add(blanks() + value(depth + 1) + blanks());
      }
      return "[" + (items.isEmpty() ? blanks() : String.join(",", items)) + "]";
    }

    private String string() {
      StringBuilder text = new StringBuilder("\"");
      for (int i = random.nextInt(random.nextInt(8) == 0 ? 20 : 3); i > 0; i--) {
        text.append(oneOf(PARTS));
      }
      return text.append('"').toString();
    }

    private String blanks() {
      return oneOf(BLANKS);
    }

    private String oneOf(String[] choices) {
      return choices[random.nextInt(choices.length)];
    }
  }
}
