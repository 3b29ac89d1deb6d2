package llmhop.tool;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Arrays;
import java.util.concurrent.Semaphore;

/// Reads the bodies of requests, within a limit; large ones one after the other, so that many at
/// once don't fill the memory. Shared by all exchanges.
final class Bodies {
  private static final int SMALL = 1 << 20;
  private static final long LARGEST = 256L << 20;

  // A byte of the body can become two of text, in a buffer that doubles as it grows.
  private static final int COPIES = 8;

  // Beyond that whoever sends it doesn't look for an answer.
  private static final long MOST_DROPPED = 1L << 30;

  /// What is made of a body.
  interface Reader<T> {
    T read(byte[] body) throws Refused;
  }

  private final Semaphore turn = new Semaphore(1);
  private final int limitBytes;

  Bodies(long limitBytes) {
    this.limitBytes = (int) limitBytes;
  }

  /// With 256 MiB, or less in a small heap.
  static Bodies sized() {
    return new Bodies(Math.min(LARGEST, Runtime.getRuntime().maxMemory() / COPIES));
  }

  /// Reads all of it; what is beyond the limit is read too and dropped, so that whoever sends it
  /// sees the answer.
  <T> T read(InputStream in, Reader<T> reader) throws IOException, Refused {
    byte[] begin = in.readNBytes(Math.min(SMALL, limitBytes));
    if (begin.length < SMALL && begin.length < limitBytes) {
      return reader.read(begin);
    }
    takeTurn();
    try {
      byte[] rest = in.readNBytes(limitBytes - begin.length);
      if (drop(in) > 0) {
        throw Refused.tooLarge(limitBytes);
      }
      return reader.read(joined(begin, rest));
    } finally {
      turn.release();
    }
  }

  /// Reads to the end without keeping anything.
  ///
  /// @return how many bytes came
  /// @throws IOException also when there is no end in sight
  static long drop(InputStream in) throws IOException {
    byte[] dropped = new byte[8192];
    long total = 0;
    for (int n = in.read(dropped); n >= 0; n = in.read(dropped)) {
      total += n;
      if (total > MOST_DROPPED) {
        throw new IOException("an endless body");
      }
    }
    return total;
  }

  private static byte[] joined(byte[] begin, byte[] rest) {
    byte[] whole = Arrays.copyOf(begin, begin.length + rest.length);
    System.arraycopy(rest, 0, whole, begin.length, rest.length);
    return whole;
  }

  private void takeTurn() throws IOException {
    try {
      turn.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the server stops");
    }
  }
}
