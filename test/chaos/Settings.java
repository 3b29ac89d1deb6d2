package chaos;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// What the environment says; see chaos.sh for the meaning of each variable.
///
/// @param only the scenarios to run; empty for all
/// @param brief each in a short form
/// @param seconds how long hostile backends have; 0 for the usual time
/// @param jar llmhop's jar
record Settings(List<String> only, boolean brief, int seconds, Path jar) {

  static Settings fromEnvironment() {
    return new Settings(
        Arrays.stream(value("CHAOS_ONLY", "").strip().split("\\s+"))
            .filter(word -> !word.isEmpty())
            .toList(),
        value("CHAOS_SHORT", "0").equals("1"),
        Integer.parseInt(value("CHAOS_SECONDS", "0")),
        Path.of(value("CHAOS_JAR", "build/llmhop.jar")));
  }

  boolean runs(Scenario scenario) {
    return only.isEmpty() || only.contains(scenario.name());
  }

  private static String value(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isBlank() ? otherwise : value;
  }
}
