package llmhop.kit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// How to run a test's own main class in a JVM of its own, with the program's classes.
public final class JavaCommand {
  private JavaCommand() {}

  /// The words of the command; the main class's arguments may follow.
  ///
  /// @param main has a `main` method and is among the tests
  /// @param flags of the JVM
  /// @return the Java that runs the test, its flags, class path and main class
  public static List<String> of(Class<?> main, String... flags) {
    Path tests = Path.of(main.getProtectionDomain().getCodeSource().getLocation().getPath());
    Path program = Path.of(System.getProperty("llmhop.classes", "build/classes"));
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
    words.addAll(List.of(flags));
    words.addAll(List.of("-cp", tests + ":" + program.toAbsolutePath(), main.getName()));
    return words;
  }
}
