package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What the environment says; see bench.sh for the meaning of each variable.
///
/// @param seconds length of a round
/// @param rounds rounds of each load
/// @param parts which parts of the benchmark run
/// @param proxies which proxies are measured, llmhop first
/// @param brief only whether it works, in half a minute, without judging ratios
/// @param flagTable start-up over many flags of the JVM, too
/// @param jar llmhop's jar
/// @param before the jar of before a change, where that is to be measured beside it
/// @param javaOptions the JVM's flags for llmhop
record Settings(
    int seconds,
    int rounds,
    List<String> parts,
    List<String> proxies,
    boolean brief,
    boolean flagTable,
    Path jar,
    Optional<Path> before,
    List<String> javaOptions) {

  static final List<String> PARTS =
      List.of(
          "requests", "open", "streams", "bodies", "callers", "burst", "scan", "syscalls", "start");

  /// The flags that the launcher gives to the JVM.
  private static final Path OF_THE_LAUNCHER = Path.of("bin", "jvm.options");

  private static final String BRIEF_PARTS = "requests open streams bodies callers burst start";

  Settings {
    for (String part : parts) {
      if (!PARTS.contains(part)) {
        throw new IllegalArgumentException("BENCH_ONLY knows " + PARTS + ", not " + part);
      }
    }
  }

  static Settings fromEnvironment() {
    boolean brief = value("BENCH_SHORT", "0").equals("1");
    String before = value("BENCH_BEFORE", "");
    String parts = value("BENCH_ONLY", brief ? BRIEF_PARTS : String.join(" ", PARTS));
    return new Settings(
        Integer.parseInt(value("BENCH_SECONDS", brief ? "1" : "2")),
        Integer.parseInt(value("BENCH_ROUNDS", brief ? "1" : "3")),
        words(parts),
        proxies(
            words(
                value("BENCH_PROXIES", brief ? "llmhop nginx" : "llmhop nginx nginx+Lua HAProxy")),
            before),
        brief,
        value("BENCH_START", "0").equals("1"),
        Path.of(value("BENCH_JAR", "build/llmhop.jar")),
        before.isEmpty() ? Optional.empty() : Optional.of(Path.of(before)),
        flags(value("BENCH_JAVA_OPTS", ofTheLauncher())));
  }

  private static List<String> proxies(List<String> asked, String before) {
    List<String> proxies = new ArrayList<>(asked);
    if (!before.isEmpty()) proxies.add(Proxy.BEFORE);
    return proxies;
  }

  boolean runs(String part) {
    return parts.contains(part);
  }

  private static String ofTheLauncher() {
    try (Stream<String> lines = Files.lines(OF_THE_LAUNCHER)) {
      return lines.filter(line -> line.startsWith("-")).collect(Collectors.joining(" "));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String value(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isBlank() ? otherwise : value;
  }

  private static List<String> flags(String text) {
    return text.equals("none") ? List.of() : words(text);
  }

  private static List<String> words(String text) {
    return Arrays.stream(text.trim().split("\\s+")).filter(word -> !word.isEmpty()).toList();
  }
}
