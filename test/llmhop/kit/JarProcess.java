package llmhop.kit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The shipped jar in a process of its own, ended with the test.
///
/// ```java
/// try (JarProcess router = JarProcess.command("--config", file).jvm("-Xmx128m").start()) {
///   int port = Integer.parseInt(router.awaitLine("listening on .*:(\\d+)").group(1));
///   router.signal("TERM");
///   assertEquals(0, router.exitCode());
/// }
/// ```
///
/// It checks its pooled buffers; [#close] fails when one was misused. A test that must run without
/// that says `jvm("-Dllmhop.checkBuffers=false")`.
///
/// The jar is `build/llmhop.jar`, or what the system property `llmhop.jar` says; the Java is the
/// one that runs the test. Shared by the test's thread and two that read its output.
public final class JarProcess implements AutoCloseable {
  private static final Pattern BUFFER_FAULT = Pattern.compile("buffer check: ");

  private final Process process;
  private final List<String> out = new ArrayList<>();
  private final List<String> err = new ArrayList<>();
  private int outputsEnded;
  private final Thread outReader;
  private final Thread errReader;

  private JarProcess(Process process, boolean unread) {
    this.process = process;
    this.outReader = reader(process.getInputStream(), out);
    this.errReader = reader(process.getErrorStream(), err);
    if (!unread) {
      readOutput();
    }
  }

  /// Begins to read the output of a process that was started with [Command#unread].
  public void readOutput() {
    outReader.start();
    errReader.start();
  }

  /// Says what to run; [Command#start] runs it.
  ///
  /// @param arguments of the program
  /// @return the command, to which JVM flags and variables can be added
  public static Command command(String... arguments) {
    Command command = new Command();
    command.arguments.addAll(List.of(arguments));
    return command;
  }

  /// What to run, with which flags, where.
  public static final class Command {
    private final List<String> wrapper = new ArrayList<>();
    private final List<String> jvmFlags = new ArrayList<>();
    private boolean unread;
    private final List<String> arguments = new ArrayList<>();
    private final ProcessBuilder builder = new ProcessBuilder();
    private Path jar = Path.of(System.getProperty("llmhop.jar", "build/llmhop.jar"));
    private Path java = Path.of(System.getProperty("java.home"), "bin", "java");

    private Command() {}

    /// Adds flags before `-jar`.
    ///
    /// @param flags such as `-Xmx128m`
    /// @return this command
    public Command jvm(String... flags) {
      jvmFlags.addAll(List.of(flags));
      return this;
    }

    /// Runs another jar.
    ///
    /// @param file an existing one
    /// @return this command
    public Command jar(Path file) {
      jar = file;
      return this;
    }

    /// Runs it with another Java.
    ///
    /// @param program the path of a `java` binary
    /// @return this command
    public Command java(Path program) {
      java = program;
      return this;
    }

    /// Runs it by way of a shell script that ends with `exec "$@"`.
    ///
    /// @param script such as `trap '' HUP; exec "$@"`
    /// @return this command
    public Command shell(String script) {
      wrapper.addAll(List.of("sh", "-c", script, "sh"));
      return this;
    }

    /// Leaves its output unread, so that a write waits for ever once a pipe is full, until
    /// [JarProcess#readOutput].
    ///
    /// @return this command
    public Command unread() {
      unread = true;
      return this;
    }

    /// Adds a variable to the environment.
    ///
    /// @param name of the variable
    /// @param value of the variable
    /// @return this command
    public Command env(String name, String value) {
      builder.environment().put(name, value);
      return this;
    }

    /// Runs it in a folder; the jar is found from the test's own.
    ///
    /// @param folder an existing one
    /// @return this command
    public Command in(Path folder) {
      builder.directory(folder.toFile());
      return this;
    }

    /// Starts the process.
    ///
    /// @return the process, not necessarily ready for anything
    /// @throws IOException when there is no such Java
    public JarProcess start() throws IOException {
      List<String> words = new ArrayList<>(SignalsAtStart.asUsual());
      words.addAll(wrapper);
      words.add(java.toString());
      words.add("-Dllmhop.checkBuffers=true");
      words.addAll(jvmFlags);
      words.add("-jar");
      words.add(jar.toAbsolutePath().toString());
      words.addAll(arguments);
      return new JarProcess(builder.command(words).start(), unread);
    }
  }

  /// The number by which the system knows it.
  ///
  /// @return the process id
  public long pid() {
    return process.pid();
  }

  /// It has not ended.
  ///
  /// @return whether it runs
  public boolean isAlive() {
    return process.isAlive();
  }

  /// Lines that it wrote to its standard output so far.
  ///
  /// @return a snapshot; complete when [#exitCode] has returned
  public List<String> out() {
    return snapshot(out);
  }

  /// Lines that it wrote to its standard error so far.
  ///
  /// @return a snapshot; complete when [#exitCode] has returned
  public List<String> err() {
    return snapshot(err);
  }

  /// Waits for a line on either output, also one that came before.
  ///
  /// @param regex what is to be found in the line
  /// @return the first match, with its groups
  /// @throws AssertionError when none comes within [Waiting#PATIENCE], or the process ends first
  public MatchResult awaitLine(String regex) {
    Pattern pattern = Pattern.compile(regex);
    Waiting.on(
        this,
        "a line like " + regex,
        () -> find(pattern).isPresent() || outputsEnded == 2,
        this::toString);
    return find(pattern)
        .orElseThrow(
            () -> new AssertionError("it ended without a line like " + regex + ": " + this));
  }

  /// Sends a signal by `kill`.
  ///
  /// @param name such as `TERM`, `INT` or `HUP`
  /// @throws IOException when there is no `kill`
  public void signal(String name) throws IOException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).inheritIO().start();
    try {
      if (!kill.waitFor(Waiting.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          || kill.exitValue() != 0) {
        throw new AssertionError("kill -" + name + " " + pid() + " failed; " + this);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while sending a signal", e);
    }
  }

  /// Waits for its end and for all of its output.
  ///
  /// @return the exit code; 128 and the signal's number when a signal ended it
  /// @throws AssertionError when it goes on for [Waiting#PATIENCE]
  public int exitCode() {
    return exitCode(Waiting.PATIENCE);
  }

  /// The same for a process that has a lot to do.
  ///
  /// @param patience how long it may take on a busy machine
  /// @return the exit code
  public int exitCode(Duration patience) {
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw Waiting.failure("process " + pid() + " to end", toString());
      }
      // One that was never started has nothing to wait for.
      outReader.join(Waiting.PATIENCE);
      errReader.join(Waiting.PATIENCE);
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while waiting for a process", e);
    }
  }

  /// Ends it at once, if it lives.
  ///
  /// @throws AssertionError when it told of a misused buffer
  @Override
  public void close() {
    process.destroyForcibly();
    exitCode();
    find(BUFFER_FAULT)
        .ifPresent(
            fault -> {
              throw new AssertionError("a pooled buffer was misused: " + this);
            });
  }

  /// What it wrote, for failure texts.
  @Override
  public String toString() {
    return "process %d %s, out %s, err %s"
        .formatted(
            pid(),
            process.isAlive() ? "running" : "ended with " + process.exitValue(),
            out(),
            err());
  }

  private synchronized Optional<MatchResult> find(Pattern pattern) {
    for (List<String> lines : List.of(out, err)) {
      for (String line : lines) {
        Matcher matcher = pattern.matcher(line);
        if (matcher.find()) {
          return Optional.of(matcher.toMatchResult());
        }
      }
    }
    return Optional.empty();
  }

  private synchronized List<String> snapshot(List<String> lines) {
    return List.copyOf(lines);
  }

  private Thread reader(InputStream from, List<String> to) {
    return Thread.ofPlatform()
        .daemon()
        .name("output of a process")
        .unstarted(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  add(to, line);
                }
              } catch (IOException e) {
                add(to, "(reading its output failed: " + e.getMessage() + ")");
              } finally {
                ended();
              }
            });
  }

  private synchronized void ended() {
    outputsEnded++;
    notifyAll();
  }

  private synchronized void add(List<String> lines, String line) {
    lines.add(line);
    notifyAll();
  }
}
