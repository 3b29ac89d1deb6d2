package llmhop.http.front;

import java.io.IOException;
import java.nio.ByteBuffer;
import llmhop.http.wire.PlainTransport;
import llmhop.http.wire.SegmentPool;

/// Drops what a caller still sends after its answer, so that the caller sees the answer: closing at
/// once would reset the connection, and the answer with it (RFC 9112 section 9.6).
final class Lingering {
  /// The buffer that is held while the caller sends nothing, in bytes.
  private static final int FIRST = 512;

  private Lingering() {}

  /// Drops what comes, up to [Limits#LINGER_BYTES]. The sweep ends it after [Limits#LINGER].
  static void hearOut(PlainTransport plain, SegmentPool segments) throws IOException {
    ByteBuffer first = ByteBuffer.allocate(FIRST);
    long dropped = 0;
    int read = 0;
    while (read >= 0 && dropped < Limits.LINGER_BYTES) {
      read = plain.read(first.clear());
      dropped += read;
      if (!first.hasRemaining()) {
        dropped += dropWhatIsThere(plain, segments);
      }
    }
  }

  /// Drops much at a time, in a segment that is not held while the caller sends nothing.
  private static int dropWhatIsThere(PlainTransport plain, SegmentPool segments)
      throws IOException {
    byte[] scrap = segments.take();
    try {
      return Math.max(plain.readNow(ByteBuffer.wrap(scrap)), 0);
    } finally {
      segments.give(scrap);
    }
  }
}
