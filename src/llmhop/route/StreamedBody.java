package llmhop.route;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import llmhop.http.upstream.Body;
import llmhop.http.upstream.Sink;

/// A large body of a request whose path names the model: passed on while it comes, and looked into
/// as it passes. The last part is held back until the whole is judged, so that a backend never gets
/// a complete request that the router would have refused.
///
/// Holds at most [#PART] bytes, which are taken from the budget as they arrive.
final class StreamedBody implements Body {
  private static final int PART = 64 * 1024;

  /// The size of the first part, in bytes: an upload that doesn't go on holds little.
  private static final int FIRST_PART = 16 * 1024;

  private final Exchange exchange;
  private final long length;
  private final Look look;
  private final Supplier<BodyShare> shares;
  private final Consumer<Optional<Named>> judge;

  /// @param shares makes what the body holds of the budget while it is sent
  /// @param judge throws a [Refusal] when the body names another model than the path
  StreamedBody(
      Exchange exchange,
      long length,
      Look look,
      Supplier<BodyShare> shares,
      Consumer<Optional<Named>> judge) {
    this.exchange = exchange;
    this.length = length;
    this.look = look;
    this.shares = shares;
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
    try (BodyShare share = shares.get()) {
      exchange.awaitBody();
      share.take(FIRST_PART);
      byte[] part = new byte[FIRST_PART];
      long left = length;
      while (left > 0) {
        int filled = fill(share, part, (int) Math.min(part.length, left));
        left -= filled;
        if (left == 0) {
          judge.accept(look.finish());
        }
        sink.write(part, 0, filled);
        if (left > 0 && part.length < PART) {
          share.take(PART - FIRST_PART);
          part = new byte[PART];
        }
      }
    }
  }

  private int fill(BodyShare share, byte[] part, int wanted) {
    int filled = 0;
    try {
      share.arriving();
      while (filled < wanted) {
        int read = exchange.read(part, filled, wanted - filled);
        if (read < 0) {
          throw Refusal.badRequest("The request body is shorter than its Content-Length.");
        }
        share.came(read);
        look.feed(part, filled, read);
        filled += read;
      }
      share.arrived();
      return filled;
    } catch (Refusal e) {
      throw share.refusal(e);
    }
  }
}
