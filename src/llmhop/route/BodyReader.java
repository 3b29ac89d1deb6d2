package llmhop.route;

import java.util.OptionalLong;
import llmhop.http.wire.BufferCheck;
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

  /// A body of which so many bytes came at once, in bytes, comes quickly: its first part is taken
  /// whole. A single packet of a network brings no more than 1.5 KB.
  private static final int QUICK = 2 * 1024;

  /// Arrays of [#FIRST_STEP] that are kept: as many bodies begin at once on a busy machine.
  private static final int BEGINS_KEPT = 32;

  private final BufferBudget budget;
  private final SegmentPool pool;

  /// For the first bytes of bodies that don't fit into them.
  private final SegmentPool begins =
      new SegmentPool(FIRST_STEP, BEGINS_KEPT, BufferCheck.of("begins"));

  BodyReader(BufferBudget budget, SegmentPool pool) {
    this.budget = budget;
    this.pool = pool;
    budget.heap().registerPool(begins::idleBytes, begins::clear);
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
    share.take(Math.min(length, FIRST_STEP));
    if (atHand < length) {
      share.arriving();
    }
    if (length > FIRST_STEP) {
      readLarge(exchange, look, body, share, length, atHand >= QUICK);
      return;
    }
    byte[] whole = new byte[(int) length];
    int filled = fill(exchange, look, share, whole, 0, whole.length);
    body.add(whole, filled, false);
    checkWhole(filled, whole.length);
  }

  /// Reads a body that does not fit into the first step. The first part of one that comes quickly
  /// is taken at once while there is plenty of memory, which spares a copy and a system call.
  private void readLarge(
      Exchange exchange, Look look, RequestBody body, BodyShare share, long length, boolean quick) {
    boolean pooled = length > SMALL;
    int size = pooled ? SegmentPool.SEGMENT : (int) length;
    byte[] part;
    int filled;
    if (quick && share.takeSpare(size - FIRST_STEP)) {
      part = pooled ? pool.take() : new byte[size];
      filled = 0;
    } else {
      part = firstPart(exchange, look, share, length);
      filled = FIRST_STEP;
    }
    long left = length;
    while (true) {
      int wanted = (int) Math.min(part.length, left);
      try {
        filled = fill(exchange, look, share, part, filled, wanted);
      } finally {
        body.add(part, filled, left > SMALL);
      }
      checkWhole(filled, wanted);
      left -= filled;
      if (left == 0) {
        return;
      }
      part = part(share, length, left, 0);
      filled = 0;
    }
  }

  /// Reads the first bytes of a body before any memory is taken for the rest, and puts them into
  /// the first part of the body.
  private byte[] firstPart(Exchange exchange, Look look, BodyShare share, long length) {
    byte[] begin = begins.take();
    try {
      checkWhole(fill(exchange, look, share, begin, 0, FIRST_STEP), FIRST_STEP);
      byte[] part = part(share, length, length, FIRST_STEP);
      System.arraycopy(begin, 0, part, 0, FIRST_STEP);
      return part;
    } finally {
      begins.give(begin);
    }
  }

  /// Takes memory for the next part of a body.
  ///
  /// @param left how much of the body is to come, with this part
  /// @param taken what has been taken for the part already, in bytes
  private byte[] part(BodyShare share, long length, long left, int taken) {
    boolean pooled = left > SMALL;
    int size = pooled ? SegmentPool.SEGMENT : (int) left;
    share.take(Math.min(size, budget.largest() - (length - left)) - taken);
    return pooled ? pool.take() : new byte[size];
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
