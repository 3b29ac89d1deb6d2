package bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// The process that runs `Load`: started anew after a round that did not end in time.
final class Callers {

  /// What is done at the moments of a round.
  interface Moment {
    void reached() throws IOException;
  }

  private final Path folder;
  private final List<String> command;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private Program program;
  private BufferedReader lines;

  Callers(Path folder, List<String> command) {
    this.folder = folder;
    this.command = command;
  }

  /// Runs a round.
  ///
  /// @param round a line as `Load` wants it
  /// @param limitSeconds how long it may take
  /// @param begin done when the time that counts begins
  /// @param end done when it ends
  /// @return the words of its result
  /// @throws IOException when there was none
  Map<String, String> run(String round, int limitSeconds, Moment begin, Moment end)
      throws IOException {
    if (program == null || !program.lives()) {
      program = Program.startTalking("callers", folder, command);
      lines = program.process().inputReader();
    }
    Program running = program;
    Future<?> watch = timer.schedule(running::close, limitSeconds, TimeUnit.SECONDS);
    try {
      running.process().outputWriter().append(round).append('\n').flush();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.equals("BEGIN")) begin.reached();
        if (line.equals("END")) end.reached();
        if (line.startsWith("RESULT ")) return words(line);
      }
      throw new IOException("no result of " + round + ": " + running.lastWords());
    } catch (IOException | RuntimeException e) {
      // What it still says of this round must not be taken for the next one's.
      running.close();
      throw e;
    } finally {
      watch.cancel(false);
    }
  }

  /// The words NAME=VALUE of a line.
  static Map<String, String> words(String line) {
    Map<String, String> words = new HashMap<>();
    for (String word : line.split(" ")) {
      int equals = word.indexOf('=');
      if (equals > 0) words.put(word.substring(0, equals), word.substring(equals + 1));
    }
    return words;
  }
}
