package llmhop.route;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import llmhop.http.upstream.Body;
import llmhop.http.upstream.Sink;

/// A large body of a request whose path names the model: passed on while it comes, and looked into
/// as it passes. The last part is held back until the whole is judged, so that a backend never gets
/// a complete request that the router would have refused.
///
/// The thread that sends also reads the caller, part by part. When the backend stops reading, that
/// thread is blocked, and a second one reads the caller ahead from then on, so that a caller that
/// leaves is seen:
///
/// ```
///   READING <--> SENDING --stalled--> AHEAD (the second thread reads to the end of the body)
///   any --writeTo returns or throws--> OVER
///   SENDING --the sink refuses the first part--> HELD --writeTo--> SENDING
///                                                HELD --close--> OVER
/// ```
///
/// Each part is at most [#PART] bytes and is taken from the budget; a part that was sent is filled
/// again. The second thread takes only memory that is to spare. Where there is none it waits until
/// the backend takes a part, and a caller that leaves meanwhile is seen when the limit `send` ends
/// the wait.
final class StreamedBody implements Body, AutoCloseable {
  private static final int PART = 64 * 1024;

  /// The size of the first part, in bytes: an upload that doesn't go on holds little.
  private static final int FIRST_PART = 16 * 1024;

  /// How often the second thread looks whether there is memory to spare again.
  private static final long LOOK_AGAIN_MILLIS = 100;

  private enum State {
    READING,
    SENDING,
    AHEAD,
    HELD,
    OVER
  }

  private record Part(byte[] bytes, int length) {}

  private final Exchange exchange;
  private final long length;
  private final Look look;
  private final Supplier<BodyShare> shares;
  private final Consumer<Optional<Named>> judge;

  // Used by the thread that reads the caller.
  private BodyShare share;
  private long left;

  // Guarded by this.
  private final ArrayDeque<Part> filled = new ArrayDeque<>();
  private final ArrayDeque<byte[]> sent = new ArrayDeque<>();
  private State state = State.READING;
  private boolean readsAhead;

  /// The first part, where the sink refused it.
  private Optional<Part> held = Optional.empty();

  private Throwable failure;

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
  public synchronized boolean resumable() {
    return state == State.HELD;
  }

  @Override
  public void writeTo(Sink sink) throws IOException {
    Optional<Part> again = resume();
    if (again.isEmpty()) {
      share = shares.get();
      left = length;
    }
    try {
      long unsent = length;
      Part part = again.isPresent() ? again.get() : first();
      while (true) {
        sending();
        write(sink, part, unsent == length);
        unsent -= part.length();
        if (unsent == 0) {
          return;
        }
        part = next(part);
      }
    } finally {
      over();
    }
  }

  private Part first() {
    exchange.awaitBody();
    share.take(FIRST_PART);
    return read(new byte[FIRST_PART]);
  }

  /// A sink that refuses the first part has perhaps written nothing: the part is kept until that is
  /// known.
  private void write(Sink sink, Part part, boolean first) throws IOException {
    try {
      sink.write(part.bytes(), 0, part.length());
    } catch (IOException e) {
      if (first) {
        hold(part);
      }
      throw e;
    }
  }

  private synchronized void hold(Part part) {
    if (state == State.SENDING) {
      state = State.HELD;
      held = Optional.of(part);
    }
  }

  private synchronized Optional<Part> resume() {
    Optional<Part> part = held;
    if (state == State.HELD) {
      state = State.READING;
      held = Optional.empty();
    }
    return part;
  }

  /// Gives back what the body holds of the budget, where it waits to be sent again.
  @Override
  public void close() {
    synchronized (this) {
      if (state != State.HELD) {
        return;
      }
      state = State.OVER;
      held = Optional.empty();
    }
    share.close();
  }

  /// The next part, from the caller or from what was read ahead.
  private Part next(Part last) {
    if (sentOne(last)) {
      return take();
    }
    if (last.bytes().length == PART) {
      return read(last.bytes());
    }
    share.take(PART - FIRST_PART);
    return read(new byte[PART]);
  }

  /// Reads a part, and judges the body with its last one.
  private Part read(byte[] into) {
    int wanted = (int) Math.min(into.length, left);
    fill(into, wanted);
    left -= wanted;
    if (left == 0) {
      judge.accept(look.finish());
    }
    return new Part(into, wanted);
  }

  private void fill(byte[] part, int wanted) {
    int filledNow = 0;
    try {
      share.arriving();
      while (filledNow < wanted) {
        int read = exchange.read(part, filledNow, wanted - filledNow);
        if (read < 0) {
          throw Refusal.badRequest("The request body is shorter than its Content-Length.");
        }
        share.came(read);
        look.feed(part, filledNow, read);
        filledNow += read;
      }
      share.arrived();
    } catch (Refusal e) {
      throw share.refusal(e);
    }
  }

  private synchronized void sending() {
    if (state == State.READING) {
      state = State.SENDING;
    }
  }

  /// @return whether the second thread reads the caller
  private synchronized boolean sentOne(Part part) {
    if (state != State.AHEAD) {
      state = State.READING;
      return false;
    }
    sent.add(part.bytes());
    notifyAll();
    return true;
  }

  private synchronized Part take() {
    while (filled.isEmpty() && failure == null) {
      await(0);
    }
    // Bytes that came before the failure may be sent, but the request ends anyway.
    return switch (failure) {
      case null -> filled.poll();
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    };
  }

  /// Waits for a signal or so long; callers look at their condition again.
  @SuppressWarnings("WaitNotInLoop") // the loops are the callers'
  private void await(long millis) {
    try {
      wait(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a body was sent", e);
    }
  }

  /// Closes the share, unless the second thread still uses it and does that.
  private void over() {
    synchronized (this) {
      if (state == State.HELD) {
        return;
      }
      state = State.OVER;
      notifyAll();
      if (readsAhead) {
        return;
      }
    }
    share.close();
  }

  // ---- the second thread

  @Override
  public synchronized void stalled(Consumer<Throwable> fail) {
    if (state == State.SENDING) {
      Thread second = Thread.ofVirtual().name("read-ahead").unstarted(() -> readAhead(fail));
      second.start();
      // Only now: without a thread to be had nothing changes.
      state = State.AHEAD;
      readsAhead = true;
    }
  }

  private void readAhead(Consumer<Throwable> fail) {
    try {
      Optional<byte[]> room = left > 0 ? room() : Optional.empty();
      while (room.isPresent()) {
        add(read(room.get()));
        room = left > 0 ? room() : Optional.empty();
      }
    } catch (Throwable e) {
      failed(e);
      fail.accept(e);
    } finally {
      endAhead();
    }
  }

  private synchronized void add(Part part) {
    filled.add(part);
    notifyAll();
  }

  private synchronized void failed(Throwable e) {
    failure = e;
    notifyAll();
  }

  private void endAhead() {
    synchronized (this) {
      readsAhead = false;
      if (state != State.OVER) {
        // The thread that sends closes the share at its end.
        return;
      }
    }
    share.close();
  }

  /// Waits for room for another part.
  ///
  /// @return empty when the body isn't sent any more
  private synchronized Optional<byte[]> room() {
    while (state != State.OVER) {
      byte[] again = sent.poll();
      if (again != null) {
        return Optional.of(again);
      }
      if (share.takeSpare(PART)) {
        return Optional.of(new byte[PART]);
      }
      await(LOOK_AGAIN_MILLIS);
    }
    return Optional.empty();
  }
}
