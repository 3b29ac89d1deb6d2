package llmhop.tool;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.SequenceInputStream;
import java.util.concurrent.Semaphore;

/// Reads the bodies of requests, within a limit; large ones one after the other, so that many at
/// once don't fill the memory. Shared by all exchanges.
final class Bodies {
  private static final int SMALL = 1 << 20;
  private static final long LARGEST = 256L << 20;

  // A body stands there twice while it is put together, and twice more as text.
  private static final int COPIES = 4;

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
      var whole = new SequenceInputStream(new ByteArrayInputStream(begin), in);
      byte[] body = whole.readNBytes(limitBytes);
      if (drop(in) > 0) {
        throw Refused.tooLarge(limitBytes);
      }
      return reader.read(body);
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

  private void takeTurn() throws IOException {
    try {
      turn.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the server stops");
    }
  }
}
