package llmhop.http.upstream;

import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Optional;
import llmhop.http.upstream.UpstreamException.BadReply;
import llmhop.http.upstream.UpstreamException.Cancelled;
import llmhop.http.upstream.UpstreamException.Exhausted;
import llmhop.http.wire.Depletion;
import llmhop.http.wire.MalformedException;

/// One attempt of a call: a request and its answer on one connection.
final class Turn {
  /// More interim answers than any server sends.
  private static final int MOST_INTERIM = 16;

  private static final int EARLY_HINTS = 103;

  private final Upstream upstream;
  private final Call call;
  private final Connection connection;
  private Optional<Upload> upload = Optional.empty();
  private boolean answered;

  private Turn(Upstream upstream, Call call, Connection connection) {
    this.upstream = upstream;
    this.call = call;
    this.connection = connection;
  }

  /// Sends a request and waits for the head of its answer.
  ///
  /// @param last whether the request is not sent once more, whatever happens
  /// @return empty when the connection turned out to be dead before a byte of answer came, and the
  ///   request may be sent once more on a new one: it had been kept, or nothing was written
  static Optional<Reply> run(Upstream upstream, Call call, Connection connection, boolean last)
      throws UpstreamException {
    var turn = new Turn(upstream, call, connection);
    try {
      return Optional.of(turn.run());
    } catch (IOException e) {
      UpstreamException failure = turn.failure(e);
      if (turn.abortedBeforeWork(e) && !last) {
        return Optional.empty();
      }
      throw failure;
    } catch (OutOfMemoryError e) {
      turn.abort();
      if (turn.isUntouched()) {
        throw new Exhausted(Depletion.of(e).orElse(Depletion.MEMORY), false, e);
      }
      throw e;
    } catch (UpstreamException | RuntimeException | Error e) {
      turn.abort();
      throw e;
    }
  }

  /// Whether no byte of the request can have been written: nothing has begun to send it.
  private boolean isUntouched() {
    return upload.isEmpty();
  }

  private Reply run() throws IOException, UpstreamException {
    call.hold(connection);
    call.attempt();
    Head head = call.request().head();
    call.watchdog().sent();
    call.watchdog().waiting();
    String authority = upstream.origin().authority();
    Upload started = Upload.start(call, connection, head, authority, upstream.nanos());
    upload = Optional.of(started);
    started.awaitHead();
    call.check();
    ReplyHead reply = readHead();
    Framing framing = reply.framing(head.method());
    if (reply.isSwitch()) {
      return switched(reply, framing);
    }
    BodySource body = BodySource.of(framing, connection);
    call.watchdog().resting();
    return new Reply(this, reply, framing, body);
  }

  /// The connection is the new protocol's from here on: no body, no pool. The limits on the first
  /// byte and on idling are over with that, since nobody knows who of the two is to speak; the one
  /// on the whole stays.
  private Reply switched(ReplyHead reply, Framing framing) throws MalformedException {
    // Neither means anything with this status (RFC 9112 section 6.3), and the next hop may
    // disagree.
    reply.fields().removeAll("Content-Length");
    reply.fields().removeAll("Transfer-Encoding");
    var duplex = new Duplex(connection.transport(), connection.takeBuffered(), call);
    call.watchdog().resting();
    return new Reply(this, reply, framing, BodySource.of(framing, connection), duplex);
  }

  private ReplyHead readHead() throws IOException {
    if (!connection.fill()) {
      throw new EOFException("the connection ended without an answer");
    }
    answered = true;
    if (connection.peek() != 'H') {
      throw new MalformedException("the reply does not begin with HTTP/1.");
    }
    for (int i = 0; i <= MOST_INTERIM; i++) {
      ReplyHead head = ReplyHead.read(connection);
      if (head.isSwitch() && !call.request().upgrade().map(head::switchesTo).orElse(false)) {
        throw new MalformedException("the backend switched protocols, which nobody asked for");
      }
      if (!head.isInterim()) {
        return head;
      }
      if (head.status() == EARLY_HINTS) {
        // The caller may be slow to take it, which is not the backend's fault.
        call.watchdog().resting();
        call.request().interim(EARLY_HINTS, head.fields());
        call.watchdog().waiting();
      }
    }
    throw new MalformedException("more than 16 interim answers");
  }

  /// Ends this attempt.
  ///
  /// @return whether the request may be sent once more: the rule of section 9.3.1 of RFC 9112 for
  ///   all methods, that a kept connection was closed by the backend while the request was written
  private boolean abortedBeforeWork(IOException e) {
    boolean repeatable = call.request().body().repeatable();
    boolean mayRepeat =
        !(repeatable && connection.isFresh())
            && !answered
            && !call.isEnded()
            && !(e instanceof MalformedException);
    if (!mayRepeat || upload.isEmpty()) {
      abort();
      return false;
    }
    if (!repeatable) {
      abort();
      boolean untouched = upload.get().isUntouched();
      call.untouched(untouched);
      return untouched;
    }
    long endedAt = upstream.nanos().getAsLong();
    int sendBuffer = upload.get().isLarge() ? connection.transport().sendBuffer() : 0;
    abort();
    return upload.get().endedBeforeWork(e, endedAt, sendBuffer);
  }

  /// What an I/O error was in truth: our own doing, a limit, the request's body, or the backend.
  UpstreamException failure(IOException e) {
    if (e instanceof ClosedByInterruptException) {
      call.end(new Cancelled());
    }
    try {
      call.check();
    } catch (UpstreamException reason) {
      return reason;
    }
    Optional<Depletion> depletion = Depletion.of(e);
    if (depletion.isPresent()) {
      return new Exhausted(depletion.get(), true, e);
    }
    String what = e.getMessage() == null ? e.toString() : e.getMessage();
    return new BadReply(upstream.origin() + ": " + what, e);
  }

  Call call() {
    return call;
  }

  Connection connection() {
    return connection;
  }

  /// Whether the whole request has gone out.
  boolean isSent() {
    return upload.map(Upload::isComplete).orElse(false);
  }

  private void abort() {
    connection.close();
    upload.ifPresent(Upload::join);
  }

  /// The answer is over.
  ///
  /// @param whole whether it was read to a certain end
  void end(ReplyHead head, boolean whole) {
    call.over();
    boolean reusable =
        whole
            && head.keepsAlive()
            && !connection.hasSurplus()
            && upload.map(Upload::isComplete).orElse(false)
            && call.release(connection);
    if (reusable) {
      connection.used();
      upstream.keep(connection, head.keepAliveSeconds());
    } else {
      abort();
    }
  }
}
