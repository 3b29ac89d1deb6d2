package llmhop.route;

import java.util.OptionalLong;
import llmhop.http.wire.SegmentPool;

/// Reads bodies into memory, within `maxBodyBytes` and the process's budget, and looks into them
/// while they come.
///
/// A declared length is taken from the budget before a byte is read; an undeclared one in steps.
/// Bodies of up to [#SMALL] bytes are one array; larger ones live in segments of the pool.
final class BodyReader {
  /// The largest body that isn't worth segments, in bytes.
  static final int SMALL = 64 * 1024;

  /// The first step of a body of unknown length, in bytes: most prompts fit.
  private static final int FIRST_STEP = 16 * 1024;

  private final BufferBudget budget;
  private final SegmentPool pool;

  BodyReader(BufferBudget budget, SegmentPool pool) {
    this.budget = budget;
    this.pool = pool;
  }

  /// Refuses a declared length over the limit.
  static void checkDeclared(Exchange exchange, long maxBodyBytes) {
    if (exchange.declaredLength().orElse(0) > maxBodyBytes) {
      throw tooLarge(maxBodyBytes);
    }
  }

  /// Reads the whole body. The caller of this method closes it.
  ///
  /// @param maxBodyBytes the largest that is read
  /// @throws Refusal when it is too large, breaks off, or isn't what it must be
  RequestBody read(Exchange exchange, Look look, long maxBodyBytes) {
    checkDeclared(exchange, maxBodyBytes);
    var share = budget.share();
    var body = new RequestBody(pool, share);
    try {
      OptionalLong declared = exchange.declaredLength();
      if (declared.isPresent()) {
        readDeclared(exchange, look, body, share, declared.getAsLong());
      } else {
        readToEnd(exchange, look, body, share, maxBodyBytes);
      }
      if (!body.isEmpty()) {
        body.named(look.finish());
        body.affinity(look.affinity());
      }
      return body;
    } catch (RuntimeException | Error e) {
      body.close();
      throw e;
    }
  }

  private void readDeclared(
      Exchange exchange, Look look, RequestBody body, BufferBudget.Share share, long length) {
    if (length == 0) {
      return;
    }
    share.take(Math.max(length, Math.min(held(length), budget.largest())));
    long left = length;
    while (left > 0) {
      boolean pooled = left > SMALL;
      byte[] part = pooled ? pool.take() : new byte[(int) left];
      int wanted = (int) Math.min(part.length, left);
      int filled = 0;
      try {
        filled = fill(exchange, look, part, wanted);
      } finally {
        body.add(part, filled, pooled);
      }
      if (filled < wanted) {
        throw Refusal.badRequest("The request body is shorter than its Content-Length.");
      }
      left -= filled;
    }
  }

  /// The memory that a body takes: its last segment may be half empty.
  private static long held(long length) {
    long rest = length % SegmentPool.SEGMENT;
    return rest > SMALL ? length - rest + SegmentPool.SEGMENT : length;
  }

  private void readToEnd(
      Exchange exchange, Look look, RequestBody body, BufferBudget.Share share, long maxBodyBytes) {
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
        filled = fill(exchange, look, part, wanted);
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
  private static int fill(Exchange exchange, Look look, byte[] part, int wanted) {
    int filled = 0;
    while (filled < wanted) {
      int read = exchange.read(part, filled, wanted - filled);
      if (read < 0) {
        break;
      }
      look.feed(part, filled, read);
      filled += read;
    }
    return filled;
  }

  private static Refusal tooLarge(long maxBodyBytes) {
    return Refusal.requestTooLarge(maxBodyBytes, "maxBodyBytes");
  }
}
