package llmhop.kit;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;

/// Keeps the beginning of a body and counts all of it, so that tests with very many or very large
/// bodies don't need the memory for them.
final class KeptBody extends OutputStream {
  private final int limit;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private long length;

  KeptBody(int limit) {
    this.limit = limit;
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int count) {
    length += count;
    kept.write(bytes, offset, Math.min(count, limit - kept.size()));
  }

  byte[] kept() {
    return kept.toByteArray();
  }

  long length() {
    return length;
  }
}
