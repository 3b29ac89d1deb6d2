package bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What the machine is and has.
final class Machine {

  private static final Pattern VERSION = Pattern.compile("[0-9]+\\.[0-9.]*[0-9]");

  private Machine() {}

  /// The java that runs this, and is to run llmhop.
  static String java() {
    return System.getProperty("java.home") + "/bin/java";
  }

  /// Why a program can't be run, if so.
  static Optional<String> missing(String program) {
    boolean there =
        Arrays.stream(System.getenv("PATH").split(":"))
            .anyMatch(folder -> new File(folder, program).canExecute());
    return there ? Optional.empty() : Optional.of("package " + program + " is not installed");
  }

  /// How many files a process may open at most.
  static int mostFiles() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/limits"))) {
      if (!line.startsWith("Max open files")) continue;
      String hard = line.substring("Max open files".length()).trim().split("\\s+")[1];
      return hard.equals("unlimited") ? Integer.MAX_VALUE : (int) Long.parseLong(hard);
    }
    return 1024;
  }

  /// Date, commit, machine and versions in a sentence.
  static String description(Settings settings) throws IOException {
    String commit = output("git", "rev-parse", "--short", "HEAD");
    boolean changed = !output("git", "status", "--porcelain").isEmpty();
    String options = String.join(" ", settings.javaOptions());
    return "%s, commit %s%s, %d x %s, %s %s, Java %s%s%s%s%s."
        .formatted(
            LocalDate.now(ZoneOffset.UTC),
            commit.isEmpty() ? "unknown" : commit,
            changed ? " and changes" : "",
            Runtime.getRuntime().availableProcessors(),
            processor(),
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("java.version"),
            options.isEmpty() ? "" : " with " + options,
            version("nginx", "-v"),
            version("haproxy", "-v"),
            version("wrk", "-v"));
  }

  private static String processor() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
      if (line.startsWith("model name")) return line.substring(line.indexOf(':') + 1).trim();
    }
    return "CPU";
  }

  private static String version(String program, String flag) throws IOException {
    if (missing(program).isPresent()) return "";
    Matcher version = VERSION.matcher(output(program, flag));
    return ", " + program + (version.find() ? " " + version.group() : "");
  }

  /// What a short command prints; nothing when it can't be run.
  static String output(String... command) throws IOException {
    if (missing(command[0]).isPresent()) return "";
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS);
    byte[] said = process.getInputStream().readAllBytes();
    return new String(said, StandardCharsets.UTF_8).strip();
  }
}
