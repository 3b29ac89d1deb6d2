package llmhop.tool;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import llmhop.http.upstream.UpstreamException;

/// `llmhop aot`: makes an AOT cache (JEP 514), with which this Java starts this jar in half the
/// time.
///
/// A cache is made by a training run: the same command as this one's, with the router in the place
/// of this and some requests for it, answered by a simulated backend. So it fits the Java, the
/// flags and the jar that are used here.
public final class Aot {
  static final String USAGE =
      """
      Usage: java [flag...] -jar llmhop.jar aot FILE

      Makes an AOT cache for this Java, these flags and this jar: they start the router in half
      the time with -XX:AOTCache=FILE. It takes some seconds: a router and a simulated backend
      run, on loopback only.

      Java before 25.0.4 does not look whether the jar is still the one that a cache was made of,
      and runs what is in the cache: make it anew with each jar. bin/llmhop looks: it notes what
      it made a cache of, and uses a cache llmhop.aot beside the jar only with that.

      Exit codes: 0 fine, 1 wrong usage, 2 no cache could be made.
      """;

  private static final int FINE = 0;
  private static final int WRONG_USAGE = 1;
  private static final int FAILED = 2;
  private static final String JAR = "-jar";

  /// It takes about 5 s, and ten times that on a slow or emulated machine.
  private static final Duration LONGEST = Duration.ofMinutes(3);

  private static final Set<PosixFilePermission> FOR_ALL_TO_READ =
      PosixFilePermissions.fromString("rw-r--r--");

  private Aot() {}

  /// Makes the cache; a file of that name is replaced when it is done.
  ///
  /// @param arguments the command line behind `aot`
  /// @param out gets a line when it is done
  /// @param err gets a sentence when something is wrong
  /// @return the exit code
  public static int run(List<String> arguments, PrintStream out, PrintStream err) {
    if (arguments.contains("--help") || arguments.contains("-h")) {
      out.print(USAGE);
      out.flush();
      return FINE;
    }
    if (arguments.size() != 1 || arguments.getFirst().startsWith("-")) {
      err.println("llmhop aot: name the file, and nothing else. Try --help.");
      return WRONG_USAGE;
    }
    try {
      make(Path.of(arguments.getFirst()));
      out.println("llmhop aot: " + arguments.getFirst());
      return FINE;
    } catch (IOException | UpstreamException e) {
      err.println("llmhop aot: " + e.getMessage());
      return FAILED;
    }
  }

  /// A router that runs with the cache has its file mapped: it is replaced, never written to.
  private static void make(Path given) throws IOException, UpstreamException {
    Path cache = Files.exists(given) ? given.toRealPath() : given.toAbsolutePath();
    if (Files.exists(cache) && !Files.isRegularFile(cache)) {
      throw new IOException(given + " is no file");
    }
    if (!Files.isWritable(cache.getParent())) {
      throw new IOException("can't write to the folder " + cache.getParent());
    }
    String name = cache.getFileName() + "." + ProcessHandle.current().pid();
    Path unfinished = cache.resolveSibling(name);
    // What Java notes down before it makes the cache of it.
    Path notes = cache.resolveSibling(name + ".config");
    List<String> router = thisCommand(unfinished);
    try (var training = Training.start(router, List.of(unfinished, notes), LONGEST)) {
      training.run();
      if (!Files.exists(unfinished)) throw training.failed("Java wrote no cache");
      if (Files.getFileStore(unfinished).supportsFileAttributeView(PosixFileAttributeView.class)) {
        // Whatever the umask: who runs the router is seldom who made this.
        Files.setPosixFilePermissions(unfinished, FOR_ALL_TO_READ);
      }
      Files.move(unfinished, cache, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /// How this process was started, up to the jar, with the flag that makes the cache.
  private static List<String> thisCommand(Path cache) throws IOException {
    ProcessHandle.Info self = ProcessHandle.current().info();
    List<String> arguments = Arrays.asList(self.arguments().orElse(new String[0]));
    int jar = arguments.indexOf(JAR);
    if (self.command().isEmpty() || jar < 0 || jar + 1 == arguments.size()) {
      throw new IOException("run it as: java [flag...] -jar llmhop.jar aot FILE");
    }
    List<String> command = new ArrayList<>();
    command.add(self.command().get());
    for (String flag : arguments.subList(0, jar)) {
      // Another cache, which this one is to replace, perhaps.
      if (!flag.startsWith("-XX:AOT")) command.add(flag);
    }
    command.add("-XX:AOTCacheOutput=" + cache);
    command.addAll(arguments.subList(jar, jar + 2));
    return command;
  }
}
