package llmhop.http.upstream;

import java.io.IOException;
import java.util.OptionalLong;
import llmhop.http.wire.Fields;

/// A backend's answer: its head, and its body as it comes. Used by one thread.
public final class Reply implements AutoCloseable {
  private final Turn turn;
  private final ReplyHead head;
  private final BodySource body;
  private final Framing framing;
  private boolean closed;

  Reply(Turn turn, ReplyHead head, Framing framing) {
    this.turn = turn;
    this.head = head;
    this.body = BodySource.of(framing, turn.connection());
    this.framing = framing;
  }

  /// The status.
  public int status() {
    return head.status();
  }

  /// The fields as they came, those of this connection too.
  public Fields fields() {
    return head.fields();
  }

  /// The length of the body, where that is known before its end; 0 where there is none.
  public OptionalLong length() {
    return framing instanceof Framing.Length counted
        ? OptionalLong.of(counted.bytes())
        : OptionalLong.empty();
  }

  /// Reads what is there of the body, waiting for the first byte.
  ///
  /// @return how many bytes, -1 at the true end
  /// @throws UpstreamException when the body breaks off, or a limit is over
  public int read(byte[] into, int offset, int size) throws UpstreamException {
    try {
      int read = body.read(into, offset, size);
      if (read >= 0) {
        turn.progress();
      }
      return read;
    } catch (IOException e) {
      throw turn.failure(e);
    }
  }

  /// Whether the next [#read] comes back without waiting.
  public boolean buffered() {
    return body.isReady();
  }

  /// The connection goes back to the pool when the answer was read to its end and both sides are
  /// willing; otherwise it is closed, which cancels the backend's work.
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      turn.end(head, body.isDone() && framing.tellsItsEnd());
    }
  }
}
