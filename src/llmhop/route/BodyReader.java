package llmhop.route;

import java.util.OptionalLong;
import llmhop.http.wire.SegmentPool;

/// Reads bodies into memory, within `maxBodyBytes` and the process's budget, and looks into them
/// while they come.
///
/// Memory is taken from the budget as bytes arrive, whatever length is declared. Bodies of up to
/// [#SMALL] bytes are one array; larger ones live in segments of the pool.
final class BodyReader {
  /// The largest body that isn't worth segments, in bytes.
  static final int SMALL = 64 * 1024;

  /// Bytes that a body takes for its first bytes at most: most prompts fit, and a body that doesn't
  /// go on holds little.
  private static final int FIRST_STEP = 16 * 1024;

  private final BufferBudget budget;
  private final SegmentPool pool;

  BodyReader(BufferBudget budget, SegmentPool pool) {
    this.budget = budget;
    this.pool = pool;
  }

  BufferBudget budget() {
    return budget;
  }

  /// Refuses a declared length over the limit.
  static void checkDeclared(Exchange exchange, long maxBodyBytes) {
    if (exchange.declaredLength().orElse(0) > maxBodyBytes) {
      throw tooLarge(maxBodyBytes);
    }
  }

  /// Reads the whole body. The caller of this method closes it.
  ///
  /// @param share what the body takes of the budget; closed with the body
  /// @param maxBodyBytes the largest that is read
  /// @throws Refusal when it is too large, breaks off, isn't what it must be, or finds no room
  RequestBody read(Exchange exchange, Look look, BodyShare share, long maxBodyBytes) {
    checkDeclared(exchange, maxBodyBytes);
    var body = new RequestBody(pool, share);
    try {
      OptionalLong declared = exchange.declaredLength();
      if (declared.isEmpty()) {
        readToEnd(exchange, look, body, share, maxBodyBytes);
      } else if (declared.getAsLong() > 0) {
        readDeclared(exchange, look, body, share, declared.getAsLong());
      }
      share.arrived();
      if (!body.isEmpty()) {
        body.named(look.finish());
        body.affinity(look.affinity());
      }
      return body;
    } catch (Refusal e) {
      body.close();
      throw share.refusal(e);
    } catch (RuntimeException | Error e) {
      body.close();
      throw e;
    }
  }

  private void readDeclared(
      Exchange exchange, Look look, RequestBody body, BodyShare share, long length) {
    if (length > budget.largest()) {
      throw Refusal.requestTooLarge(budget.largest(), "maxBufferedBytes");
    }
    int atHand = exchange.awaitBody();
    int first = (int) Math.min(length, FIRST_STEP);
    share.take(first);
    byte[] begin = new byte[first];
    if (atHand < length) {
      share.arriving();
    }
    int filled = fill(exchange, look, share, begin, 0, first);
    if (filled < first || filled == length) {
      body.add(begin, filled, false);
      checkWhole(filled, first);
      return;
    }
    readRest(exchange, look, body, share, begin, length);
  }

  /// The first bytes came, so that the rest is worth memory: it goes behind them.
  private void readRest(
      Exchange exchange, Look look, RequestBody body, BodyShare share, byte[] begin, long length) {
    long left = length;
    int moved = begin.length;
    while (left > 0) {
      boolean pooled = left > SMALL;
      int size = pooled ? SegmentPool.SEGMENT : (int) left;
      share.take(Math.min(size, budget.largest() - (length - left)) - moved);
      byte[] part = pooled ? pool.take() : new byte[size];
      int wanted = (int) Math.min(size, left);
      int filled = moved;
      System.arraycopy(begin, 0, part, 0, moved);
      try {
        filled = fill(exchange, look, share, part, moved, wanted);
      } finally {
        body.add(part, filled, pooled);
      }
      checkWhole(filled, wanted);
      moved = 0;
      left -= filled;
    }
  }

  private static void checkWhole(int filled, int wanted) {
    if (filled < wanted) {
      throw Refusal.badRequest("The request body is shorter than its Content-Length.");
    }
  }

  private void readToEnd(
      Exchange exchange, Look look, RequestBody body, BodyShare share, long maxBodyBytes) {
    exchange.awaitBody();
    long total = 0;
    boolean pooled = false;
    while (true) {
      share.take(pooled ? SegmentPool.SEGMENT : FIRST_STEP);
      byte[] part = pooled ? pool.take() : new byte[FIRST_STEP];
      // One byte past the limit tells that there is more.
      long room = maxBodyBytes - total;
      int wanted = room < part.length ? (int) room + 1 : part.length;
      int filled = 0;
      try {
        share.arriving();
        filled = fill(exchange, look, share, part, 0, wanted);
      } finally {
        body.add(part, filled, pooled);
      }
      total += filled;
      if (total > maxBodyBytes) {
        throw tooLarge(maxBodyBytes);
      }
      if (filled < part.length) {
        return;
      }
      pooled = true;
    }
  }

  /// Reads until the part is full or the body ends.
  ///
  /// @param from where to begin
  /// @return where the bytes end
  private static int fill(
      Exchange exchange, Look look, BodyShare share, byte[] part, int from, int wanted) {
    int filled = from;
    while (filled < wanted) {
      int read = exchange.read(part, filled, wanted - filled);
      if (read < 0) {
        break;
      }
      share.came(read);
      look.feed(part, filled, read);
      filled += read;
    }
    return filled;
  }

  private static Refusal tooLarge(long maxBodyBytes) {
    return Refusal.requestTooLarge(maxBodyBytes, "maxBodyBytes");
  }
}
