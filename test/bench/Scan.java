import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Function;
import llmhop.json.MemberScan;

/// How fast one core checks a body's JSON and finds `model` in it.
///
/// `java -cp build/classes test/bench/Scan.java [--check]` prints a table; with `--check` the exit
/// status is 1 when a kind of body is below its bar. `BENCH_SHORT=1` takes 3 seconds, not 15.
///
/// Bodies are random, of a fixed seed, and several of a kind take turns: a body scanned again and
/// again is known by heart to the processor. All kinds are warmed up together, as a router that
/// serves them all is; then the best and the median of many short runs are shown, in CPU time of
/// the thread. The best is held against the bar: a busy machine only takes away, by shared cores
/// too.
final class Scan {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int SEED = 3;
  private static final int SEGMENT = 128 * 1024;
  private static final int[] SIZES = {100 * 1024, 1024 * 1024};
  private static final int BYTES_OF_A_KIND = 2 * 1024 * 1024;

  private static final boolean SHORT = "1".equals(System.getenv("BENCH_SHORT"));
  private static final int RUNS = SHORT ? 8 : 50;
  private static final long RUN_NANOS = SHORT ? 5_000_000 : 10_000_000;
  private static final int WARMING_ROUNDS = SHORT ? 8 : 40;

  /// @param bar in GB/s; 0 for none
  /// @param member makes the text of one more item of the body's array
  private record Kind(String name, double bar, Function<Random, String> member) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind("English chat", 1, random -> message(english(random, 20 + random.nextInt(300)))),
          new Kind("base64 image", 1, Scan::image),
          new Kind("Chinese chat", 1, Scan::chinese),
          new Kind("tools, compact", 1, random -> new Tools(random, ",", ":").tool()),
          new Kind("tools, Python's blanks", 1, random -> new Tools(random, ", ", ": ").tool()),
          new Kind("tools, indented", 1, random -> indented(new Tools(random, ",", ":").tool())),
          new Kind("code, many escapes", 0.8, random -> message(code(random))),
          new Kind("an escape every 3-4 bytes", 0, random -> message(escapes(random))));

  private record Body(Kind kind, int size, List<byte[]> texts) {
    static Body of(Kind kind, int size) {
      Random random = new Random(SEED);
      List<byte[]> texts = new ArrayList<>();
      for (int made = 0; made < BYTES_OF_A_KIND; made += size) {
        texts.add(text(kind, size, random));
      }
      return new Body(kind, size, texts);
    }

    private static byte[] text(Kind kind, int size, Random random) {
      StringBuilder text = new StringBuilder("{\"model\":\"gpt-oss-120b\",\"items\":[");
      for (int bytes = text.length(); bytes < size; ) {
        String member = kind.member().apply(random);
        text.append(member).append(',');
        bytes += member.getBytes(UTF_8).length + 1;
      }
      text.append("0],\"stream\":true,\"temperature\":0.7}");
      return text.toString().getBytes(UTF_8);
    }

    /// Scans all texts once.
    void scan() throws Exception {
      for (byte[] text : texts) {
        MemberScan scan = new MemberScan("model", 256, 1024);
        for (int at = 0; at < text.length; at += SEGMENT) {
          scan.feed(text, at, Math.min(SEGMENT, text.length - at));
        }
        scan.finish();
        if (!scan.value().get().equals("gpt-oss-120b")) {
          throw new AssertionError("found " + scan.value());
        }
      }
    }

    /// One run, in GB/s of CPU time.
    double measure() throws Exception {
      long bytes = 0;
      long begin = THREADS.getCurrentThreadCpuTime();
      long taken;
      do {
        scan();
        bytes += texts.stream().mapToLong(text -> text.length).sum();
        taken = THREADS.getCurrentThreadCpuTime() - begin;
      } while (taken < RUN_NANOS);
      return (double) bytes / taken;
    }
  }

  private Scan() {}

  public static void main(String[] args) throws Exception {
    boolean check = Arrays.asList(args).contains("--check");
    List<Body> bodies = new ArrayList<>();
    for (Kind kind : KINDS) {
      for (int size : SIZES) {
        bodies.add(Body.of(kind, size));
      }
    }
    for (int round = 0; round < WARMING_ROUNDS; round++) {
      for (Body body : bodies) {
        body.scan();
      }
    }
    System.out.println("| Body | KiB | best GB/s | median GB/s | bar | |");
    System.out.println("| --- | ---: | ---: | ---: | ---: | --- |");
    boolean below = false;
    for (Body body : bodies) {
      below |= !report(body);
    }
    System.exit(check && below ? 1 : 0);
  }

  private static boolean report(Body body) throws Exception {
    double[] runs = new double[RUNS];
    for (int run = 0; run < RUNS; run++) {
      runs[run] = body.measure();
    }
    Arrays.sort(runs);
    double best = runs[RUNS - 1];
    double bar = body.kind().bar();
    System.out.printf(
        Locale.ROOT,
        "| %s | %d | %.2f | %.2f | %s | %s |%n",
        body.kind().name(),
        body.size() / 1024,
        best,
        runs[RUNS / 2],
        bar == 0 ? "" : Double.toString(bar),
        bar == 0 ? "" : best >= bar ? "OK" : "BELOW");
    return best >= bar;
  }

  // --- What bodies are made of ---

  private static final String[] WORDS =
      ("the a of to and in is for with that this on be are as by from or an it not which when if"
           + " can file user name query result returns search list path value only must optional"
           + " number results given should default contents message date time start end page"
           + " address calendar event weather city temperature repository branch commit issue"
           + " maximum minimum whether include identifier document information description database"
           + " current location customer account payment schedule available format")
          .split(" ");

  private static String word(Random random) {
    return WORDS[random.nextInt(WORDS.length)];
  }

  private static String english(Random random, int words) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      text.append(word(random)).append(random.nextInt(9) == 0 ? ", " : " ");
      if (random.nextInt(60) == 0) {
        text.append("\\n\\n");
      }
    }
    return text.append('.').toString();
  }

  private static String message(String content) {
    return "{\"role\":\"user\",\"content\":\"" + content + "\"}";
  }

  private static String image(Random random) {
    byte[] image = new byte[30_000 + random.nextInt(30_000)];
    random.nextBytes(image);
    return "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
        + "\"data:image/png;base64,"
        + Base64.getEncoder().encodeToString(image)
        + "\"}}]}";
  }

  private static String chinese(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = 20 + random.nextInt(300); i > 0; i--) {
      text.append((char) (0x4e00 + random.nextInt(0x5000)));
      if (random.nextInt(12) == 0) {
        text.append(random.nextInt(8) == 0 ? "\\n" : random.nextInt(5) == 0 ? " API " : "\uff0c");
      }
    }
    return message(text.toString());
  }

  /// Java with string literals, and Python with dictionaries: an escape about every 15 bytes.
  private static String code(Random random) {
    StringBuilder text = new StringBuilder();
    for (int line = 20 + random.nextInt(100); line > 0; line--) {
      text.append("    ".repeat(random.nextInt(4)));
      text.append(
          switch (random.nextInt(8)) {
            case 0 -> "if (" + word(random) + " != null) {";
            case 1 -> "log.info(\"" + word(random) + ": {}\", " + word(random) + ");";
            case 2 -> "\"" + word(random) + "\": \"" + word(random) + "\",";
            case 3 -> "self." + word(random) + " = args.get(\"" + word(random) + "\")";
            case 4 -> "return f\"{" + word(random) + "}/" + word(random) + "\"";
            case 5 -> "}";
            case 6 -> "";
            default -> word(random) + " = " + word(random) + "(" + word(random) + ", 0)";
          });
      text.append('\n');
    }
    return text.toString().replace("\"", "\\\"").replace("\n", "\\n");
  }

  private static String escapes(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      text.append("ab", 0, 1 + random.nextInt(2)).append(random.nextBoolean() ? "\\n" : "\\\"");
    }
    return text.toString();
  }

  /// Makes tools as chat requests describe them: functions with a JSON Schema of their parameters.
  private record Tools(Random random, String comma, String colon) {

    String tool() {
      String function =
          object(
              string("name", identifier()),
              string("description", english(random, 6 + random.nextInt(20))),
              member("parameters", schema(2)));
      return object(string("type", "function"), member("function", function));
    }

    private String schema(int deeper) {
      List<String> properties = new ArrayList<>();
      List<String> required = new ArrayList<>();
      for (int i = 1 + random.nextInt(5); i > 0; i--) {
        String name = identifier();
        properties.add(member(name, property(deeper)));
        if (random.nextBoolean()) {
          required.add('"' + name + '"');
        }
      }
      return object(
          string("type", "object"),
          member("properties", object(properties.toArray(new String[0]))),
          member("required", array(required)),
          member("additionalProperties", "false"));
    }

    private String property(int deeper) {
      String about = string("description", english(random, 3 + random.nextInt(10)));
      return switch (random.nextInt(deeper > 0 ? 7 : 5)) {
        case 0 -> object(string("type", "boolean"), about, member("default", "false"));
        case 1 ->
            object(
                string("type", "integer"),
                about,
                member("minimum", "1"),
                member("maximum", Integer.toString(random.nextInt(5000))));
        case 2 -> object(string("type", "string"), about, member("enum", array(choices())));
        case 3, 4 -> object(string("type", "string"), about);
        case 5 ->
            object(string("type", "array"), about, member("items", object(string("type", word()))));
        default -> schema(deeper - 1);
      };
    }

    private List<String> choices() {
      List<String> choices = new ArrayList<>();
      for (int i = 2 + random.nextInt(4); i > 0; i--) {
        choices.add('"' + word() + '"');
      }
      return choices;
    }

    private String word() {
      return Scan.word(random);
    }

    private String identifier() {
      return random.nextBoolean() ? word() : word() + "_" + word();
    }

    private String string(String name, String value) {
      return member(name, '"' + value.replace("\\n", "") + '"');
    }

    private String member(String name, String value) {
      return '"' + name + '"' + colon + value;
    }

    private String object(String... members) {
      return "{" + String.join(comma, members) + "}";
    }

    private String array(List<String> items) {
      return "[" + String.join(comma, items) + "]";
    }
  }

  /// The same text with two blanks for each level, as tools that print it nicely do.
  private static String indented(String compact) {
    StringBuilder text = new StringBuilder();
    int depth = 0;
    boolean quoted = false;
    for (char c : compact.toCharArray()) {
      quoted ^= c == '"';
      if (!quoted && (c == '}' || c == ']')) {
        text.append('\n').append("  ".repeat(--depth));
      }
      text.append(c);
      if (!quoted && (c == '{' || c == '[' || c == ',')) {
        depth += c == ',' ? 0 : 1;
        text.append('\n').append("  ".repeat(depth));
      } else if (!quoted && c == ':') {
        text.append(' ');
      }
    }
    return text.toString();
  }
}
