package chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A process that was started here, and ends with this program.
final class Program {

  private static final List<Program> RUNNING = new ArrayList<>();
  private static final int PATIENCE_SECONDS = 5;

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Program::killAll));
  }

  private final String name;
  private final Process process;
  private final Path output;

  private Program(String name, Process process, Path output) {
    this.name = name;
    this.process = process;
    this.output = output;
  }

  /// Starts a program whose output goes behind what a file already has.
  static Program start(String name, Path directory, List<String> command) throws IOException {
    Path output = directory.resolve(name + ".out");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
    synchronized (RUNNING) {
      Program program = new Program(name, builder.start(), output);
      RUNNING.add(program);
      return program;
    }
  }

  /// Starts a program whose stdout and stderr are pipes that nobody reads.
  static Program startUnread(String name, Path directory, List<String> command) throws IOException {
    synchronized (RUNNING) {
      Process process = new ProcessBuilder(command).start();
      Program program = new Program(name, process, directory.resolve(name + ".out"));
      RUNNING.add(program);
      return program;
    }
  }

  String name() {
    return name;
  }

  long pid() {
    return process.pid();
  }

  /// All that it wrote.
  String output() throws IOException {
    return Files.readString(output);
  }

  boolean lives() {
    return process.isAlive();
  }

  /// Ends it without asking (SIGKILL).
  void kill() {
    process.destroyForcibly();
    over();
  }

  /// Asks it to end (SIGTERM) and gives it so long; then it is killed.
  ///
  /// @return its exit code, -1 when it had to be killed
  int stop(int seconds) throws InterruptedException {
    process.destroy();
    boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
    if (!ended) process.destroyForcibly();
    over();
    return ended ? process.exitValue() : -1;
  }

  private void over() {
    process.onExit().completeOnTimeout(process, PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    synchronized (RUNNING) {
      RUNNING.remove(this);
    }
  }

  /// What it wrote last, for a message.
  String lastWords() {
    try {
      String text = Files.readString(output).strip();
      return text.substring(Math.max(0, text.length() - 600)).replaceAll("\\s+", " ");
    } catch (IOException e) {
      return "(no output)";
    }
  }

  // What is started from now on can't be, since the list stays locked.
  private static void killAll() {
    synchronized (RUNNING) {
      for (Program program : RUNNING) program.process.destroyForcibly();
    }
  }
}
