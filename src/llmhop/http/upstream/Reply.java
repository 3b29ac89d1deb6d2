package llmhop.http.upstream;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Flow;

/// A backend's answer: its head, and its body as it comes. Used by one thread, but for [#cancel].
public final class Reply implements AutoCloseable {
  private final Turn turn;
  private final ReplyHead head;
  private final Framing framing;
  private final BodySource body;
  private final Optional<Duplex> duplex;
  private boolean closed;

  Reply(Turn turn, ReplyHead head, Framing framing, BodySource body) {
    this.turn = turn;
    this.head = head;
    this.framing = framing;
    this.body = body;
    this.duplex = Optional.empty();
  }

  Reply(Turn turn, ReplyHead head, Framing framing, BodySource body, Duplex duplex) {
    this.turn = turn;
    this.head = head;
    this.framing = framing;
    this.body = body;
    this.duplex = Optional.of(duplex);
  }

  /// The connection, where the backend speaks the protocol that was asked for (101). It is closed
  /// with the reply.
  public Optional<Duplex> duplex() {
    return duplex;
  }

  /// The status.
  public int status() {
    return head.status();
  }

  /// The reason phrase, perhaps empty.
  public String reason() {
    return head.reason();
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

  /// Reads what is there of the body, waiting for the first byte and never for more.
  ///
  /// @return how many bytes, -1 at the true end
  /// @throws UpstreamException when the body breaks off, a limit is over, or it was cancelled
  public int read(byte[] into, int offset, int size) throws UpstreamException {
    if (closed) {
      throw new IllegalStateException("the reply is closed");
    }
    if (Objects.checkFromIndexSize(offset, size, into.length) == offset && size == 0) {
      return 0;
    }
    try {
      if (body.isReady()) {
        return begun(body.read(into, offset, size));
      }
      Watchdog watchdog = turn.call().watchdog();
      watchdog.waiting();
      int read = body.read(into, offset, size);
      watchdog.resting();
      return begun(read);
    } catch (IOException e) {
      throw turn.failure(e);
    }
  }

  private int begun(int read) {
    turn.call().watchdog().begun();
    return read;
  }

  /// Whether the next [#read] comes back without waiting: bytes of the body are there, or its end.
  public boolean buffered() {
    return body.isReady();
  }

  /// Where the rest of the body comes from, for a pump; empty where it isn't a stream of chunks
  /// that stands between two lines, over a plain connection.
  public Optional<Flow.Source> source() {
    return body instanceof BodySource.Chunks chunks && chunks.mayFlow() && turn.isSent()
        ? Optional.of(new StreamSource(turn, chunks.decoder()))
        : Optional.empty();
  }

  /// Lets the rest of the body flow from [#source], and waits for the end of it.
  ///
  /// @return how it ended, other than by the source's fault
  /// @throws UpstreamException when the body breaks off, a limit is over, or it was cancelled
  public Flow.End relay(Flow flow) throws UpstreamException {
    turn.connection().flows(flow);
    turn.call().watchdog().waiting();
    Flow.End end;
    try {
      end = flow.relay();
    } catch (InterruptedException e) {
      throw turn.failure(new ClosedByInterruptException());
    } finally {
      turn.connection().flowed();
      turn.call().watchdog().resting();
    }
    if (end == Flow.End.SOURCE_FAILED) {
      throw turn.failure(flow.failure().orElseThrow());
    }
    turn.call().check();
    return end;
  }

  /// How many times the request was sent: 2 when a kept connection turned out to be dead.
  public int attempts() {
    return turn.call().attempts();
  }

  /// Ends the answer at once; any thread may, and nothing happens when it is over already.
  public void cancel() {
    turn.call().cancel();
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
