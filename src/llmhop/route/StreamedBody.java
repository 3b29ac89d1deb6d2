package llmhop.route;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import llmhop.http.upstream.Body;
import llmhop.http.upstream.Sink;

/// A large body of a request whose path names the model: passed on while it comes, and looked into
/// as it passes. The last part is held back until the whole is judged, so that a backend never gets
/// a complete request that the router would have refused.
final class StreamedBody implements Body {
  private static final int PART = 64 * 1024;

  private final Exchange exchange;
  private final long length;
  private final Look look;
  private final Consumer<Optional<Named>> judge;

  /// @param judge throws a [Refusal] when the body names another model than the path
  StreamedBody(Exchange exchange, long length, Look look, Consumer<Optional<Named>> judge) {
    this.exchange = exchange;
    this.length = length;
    this.look = look;
    this.judge = judge;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public boolean repeatable() {
    return false;
  }

  @Override
  public void writeTo(Sink sink) throws IOException {
    byte[] part = new byte[PART];
    long left = length;
    while (left > 0) {
      int filled = fill(part, (int) Math.min(PART, left));
      left -= filled;
      if (left == 0) {
        judge.accept(look.finish());
      }
      sink.write(part, 0, filled);
    }
  }

  private int fill(byte[] part, int wanted) {
    int filled = 0;
    while (filled < wanted) {
      int read = exchange.read(part, filled, wanted - filled);
      if (read < 0) {
        throw Refusal.badRequest("The request body is shorter than its Content-Length.");
      }
      look.feed(part, filled, read);
      filled += read;
    }
    return filled;
  }
}
