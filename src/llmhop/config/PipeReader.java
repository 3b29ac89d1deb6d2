package llmhop.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Reads pipes and devices that stand in the place of a file, such as `<(vault read ...)` of a
/// shell, in bounded time. Used by one thread at a time.
///
/// A pipe gives its content once, so what was read is remembered: two references to one pipe see
/// the same, and a reload goes on with it.
final class PipeReader {
  /// A process that is to write is there by then, or was forgotten.
  static final Duration MAX_OPEN = Duration.ofSeconds(5);

  /// For all pipes of a config together: a program that asks a secret store over the network is
  /// done by then.
  static final Duration MAX_READ = Duration.ofSeconds(15);

  /// The shortest time for one pipe: a pipe that is ready is read even when other pipes have used
  /// up the time of all.
  private static final long MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Map<Path, byte[]> contents = new ConcurrentHashMap<>();
  private final long openNanos;
  private final long readNanos;
  private long waitedNanos;

  PipeReader() {
    this(MAX_OPEN, MAX_READ);
  }

  PipeReader(Duration open, Duration read) {
    this.openNanos = open.toNanos();
    this.readNanos = read.toNanos();
  }

  /// A pipe that could not be read in time; the message says what to do.
  static final class PipeException extends IOException {
    PipeException(String message) {
      super(message);
    }
  }

  /// Whether reading it may never end: it is neither a file nor a folder, and is there.
  static boolean isPipe(Path file) {
    return !Files.isRegularFile(file) && !Files.isDirectory(file) && !Files.notExists(file);
  }

  /// Returns the first bytes of a pipe.
  ///
  /// @throws PipeException when they have not come in time
  byte[] read(Path pipe, int limitBytes) throws IOException {
    byte[] known = contents.get(pipe);
    if (known == null) {
      known = readNow(pipe, limitBytes);
      contents.put(pipe, known);
    }
    return known.clone();
  }

  /// Returns what was read of a pipe before.
  ///
  /// @throws PipeException when nothing was
  byte[] readAgain(Path pipe) throws PipeException {
    byte[] known = contents.get(pipe);
    if (known == null) {
      throw new PipeException("it is a pipe or a device, which isn't read while the router runs");
    }
    return known.clone();
  }

  private byte[] readNow(Path pipe, int limitBytes) throws IOException {
    var opened = new CountDownLatch(1);
    var content = new CompletableFuture<byte[]>();
    // A pipe without a writer holds its reader until the process ends.
    Thread.ofPlatform()
        .daemon()
        .name("pipe")
        .start(
            () -> {
              try (InputStream in = Files.newInputStream(pipe)) {
                opened.countDown();
                content.complete(in.readNBytes(limitBytes));
              } catch (IOException | RuntimeException | Error e) {
                content.completeExceptionally(e);
                opened.countDown();
              }
            });
    long begin = System.nanoTime();
    long mayWait = Math.max(readNanos - waitedNanos, MIN_NANOS);
    try {
      if (!opened.await(Math.min(openNanos, mayWait), TimeUnit.NANOSECONDS)) {
        throw new PipeException(
            "it is a pipe that nobody has opened for writing within %d s; use a file, or start the"
                    .formatted(TimeUnit.NANOSECONDS.toSeconds(openNanos))
                + " program that writes to it first");
      }
      return content.get(mayWait - (System.nanoTime() - begin), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new PipeException(
          "it is a pipe or a device that has not come to its end within %d s; use a file"
              .formatted(TimeUnit.NANOSECONDS.toSeconds(readNanos)));
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while it was read", e);
    } finally {
      waitedNanos += System.nanoTime() - begin;
    }
  }
}
