package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A process that the benchmark started, with its children. All end with the benchmark.
final class Program implements AutoCloseable {

  private static final List<Program> RUNNING = new ArrayList<>();
  private static final int PATIENCE_SECONDS = 3;

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Program::closeAll));
  }

  private final String name;
  private final Process process;
  private final Path output;

  private Program(String name, Process process, Path output) {
    this.name = name;
    this.process = process;
    this.output = output;
  }

  /// Starts a program whose output goes to a file.
  static Program start(String name, Path directory, List<String> command) throws IOException {
    Path output = directory.resolve(name + ".out");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    return started(name, builder.redirectOutput(output.toFile()), output);
  }

  /// Starts a program that is talked to; only what it complains of goes to a file.
  static Program startTalking(String name, Path directory, List<String> command)
      throws IOException {
    Path output = directory.resolve(name + ".err");
    return started(name, new ProcessBuilder(command).redirectError(output.toFile()), output);
  }

  private static Program started(String name, ProcessBuilder builder, Path output)
      throws IOException {
    Program program = new Program(name, builder.start(), output);
    synchronized (RUNNING) {
      RUNNING.add(program);
    }
    return program;
  }

  String name() {
    return name;
  }

  Process process() {
    return process;
  }

  boolean lives() {
    return process.isAlive();
  }

  /// The ids of the process and its children.
  List<Long> pids() {
    List<Long> pids = new ArrayList<>(List.of(process.pid()));
    try (Stream<ProcessHandle> children = process.descendants()) {
      children.map(ProcessHandle::pid).forEach(pids::add);
    }
    return pids;
  }

  /// What it wrote last, for a message.
  String lastWords() {
    try {
      String text = Files.readString(output).strip();
      return text.substring(Math.max(0, text.length() - 1000));
    } catch (IOException e) {
      return "(no output)";
    }
  }

  /// Asks it to end, and insists after a while: a router may wait long for its callers.
  @Override
  public void close() {
    List<ProcessHandle> children;
    try (Stream<ProcessHandle> all = process.descendants()) {
      children = all.toList();
    }
    process.destroy();
    boolean interrupted = false;
    try {
      process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
    synchronized (RUNNING) {
      RUNNING.remove(this);
    }
    if (interrupted) Thread.currentThread().interrupt();
  }

  private static void closeAll() {
    List<Program> left;
    synchronized (RUNNING) {
      left = List.copyOf(RUNNING);
    }
    left.forEach(program -> program.process.destroy());
    left.forEach(Program::close);
  }
}
