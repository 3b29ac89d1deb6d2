package llmhop.http.front;

import java.io.IOException;
import java.util.OptionalLong;
import llmhop.http.wire.ChunkDecoder;
import llmhop.http.wire.Fields;

/// The answer of one exchange, and the interim answers before it, which two threads may write: the
/// request's thread, and the upload's thread, which sends `100 Continue` before it reads the body.
/// Heartbeats come from a third thread, under the lock of `Heartbeat`.
///
/// The monitor of the connection's [Outlet] guards every byte that is written, and the decision
/// whether it may be written at all: interim answers only before the final head, and nothing once
/// the exchange is over or upgraded. A thread that waits for the monitor waits no longer than the
/// limit on stalled writes: the sweep closes the connection of a caller that takes nothing, which
/// ends the write that holds the monitor.
///
/// ```
///   (none) --begin--> body --finish--> whole --end--> over
///   (none) --interim, askForBody--> (none)
///   (none) --upgrade--> upgraded
///   any --end--> over: nothing more is written
/// ```
final class SharedAnswer {
  private final Outlet out;
  private final Answer answer;
  private final boolean http11;
  private volatile boolean upgraded;
  private volatile boolean over;

  // Written under the monitor at the end of the exchange, by the thread that reads it.
  private boolean wholeAtEnd;

  SharedAnswer(Outlet out, RequestHead head) {
    this.out = out;
    this.http11 = head.http11();
    this.answer = new Answer(out, http11, head.method().equals("HEAD"));
  }

  boolean hasBegun() {
    return answer.hasBegun();
  }

  int status() {
    return answer.status();
  }

  boolean isChunked() {
    return answer.isChunked();
  }

  /// Whether only the connection's end tells where the answer ends.
  boolean endsWithConnection() {
    return answer.endsWithConnection();
  }

  boolean isUpgraded() {
    return upgraded;
  }

  boolean isOver() {
    return over;
  }

  /// Whether the whole answer went out. Before the exchange is over, with the monitor; afterwards
  /// nothing changes any more.
  boolean isWhole() {
    return wholeAtEnd || (!over && answer.isWhole() && out.isEmpty());
  }

  /// Whether only the connection's end would tell where an answer with this head ends.
  boolean wouldEndWithConnection(int status, OptionalLong length) {
    return answer.wouldEndWithConnection(status, length);
  }

  /// Tells the caller to send its body, unless the answer has begun.
  void askForBody() throws IOException {
    synchronized (out) {
      if (mayTellInterim()) {
        out.text("HTTP/1.1 100 Continue\r\n\r\n");
        out.flush();
      }
    }
  }

  /// Sends an interim answer, unless the answer has begun. RFC 9110 section 15.2: an HTTP/1.0
  /// caller gets none.
  void interim(int status, Fields fields) throws IOException {
    synchronized (out) {
      if (http11 && mayTellInterim()) {
        out.text("HTTP/1.1 " + Statuses.line(status, ""));
        out.fields(fields);
        out.text("\r\n");
        out.flush();
      }
    }
  }

  private boolean mayTellInterim() {
    return !over && !upgraded && !answer.hasBegun();
  }

  /// @param keep whether the connection lives on
  void begin(int status, String reason, Fields fields, OptionalLong length, boolean keep)
      throws IOException {
    synchronized (out) {
      checkWritable();
      answer.begin(status, reason, fields, length, keep, !http11);
    }
  }

  void write(byte[] bytes, int offset, int length) throws IOException {
    synchronized (out) {
      checkWritable();
      answer.write(bytes, offset, length);
    }
  }

  void flush() throws IOException {
    synchronized (out) {
      checkWritable();
      answer.flush();
    }
  }

  /// Sends what is held back of an answer that is whole; a part of one is never completed so.
  void flushWhole() throws IOException {
    synchronized (out) {
      if (answer.isWhole()) {
        checkWritable();
        answer.flush();
      }
    }
  }

  void finish() throws IOException {
    synchronized (out) {
      checkWritable();
      answer.finish();
    }
  }

  /// Sends what is held back, and these bytes of the body; the rest comes another way, beginning
  /// with the rest of the chunk that the source is within.
  void handOver(byte[] first, int length, ChunkDecoder source) throws IOException {
    synchronized (out) {
      checkWritable();
      if (source.isWithinChunk()) {
        answer.beginChunk(first, length, source.leftOfChunk());
      } else {
        answer.write(first, 0, length);
        answer.flush();
      }
    }
  }

  /// Ends a chunk that came another way.
  void endChunk() throws IOException {
    synchronized (out) {
      checkWritable();
      answer.endChunk();
    }
  }

  /// Answers 101: the connection speaks another protocol from here on.
  void upgrade(Fields fields) throws IOException {
    synchronized (out) {
      checkWritable();
      upgraded = true;
      out.text("HTTP/1.1 101 Switching Protocols\r\n");
      out.fields(fields);
      out.text("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      out.flush();
    }
  }

  /// Ends the exchange and gives the outlet's array back. Waits for a write that another thread has
  /// begun; nothing is written after it.
  void end() {
    synchronized (out) {
      wholeAtEnd = isWhole();
      over = true;
      out.release();
    }
  }

  private void checkWritable() throws IOException {
    if (over || upgraded) {
      throw new IOException(over ? "the exchange is over" : "the connection was upgraded");
    }
  }
}
