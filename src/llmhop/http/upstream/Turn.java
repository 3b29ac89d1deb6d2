package llmhop.http.upstream;

import java.io.EOFException;
import java.io.IOException;
import llmhop.http.upstream.UpstreamException.BadReply;
import llmhop.http.upstream.UpstreamException.BodyFailed;
import llmhop.http.upstream.UpstreamException.TimedOut;

/// One request and its answer on one connection.
final class Turn {
  /// More interim answers than any server sends.
  private static final int MOST_INTERIM = 16;

  private final Upstream upstream;
  private final Connection connection;
  private final Upload upload;
  private final Watchdog watchdog;
  private boolean answered;

  private Turn(Upstream upstream, Connection connection, Upload upload, Watchdog watchdog) {
    this.upstream = upstream;
    this.connection = connection;
    this.upload = upload;
    this.watchdog = watchdog;
  }

  /// A reused connection turned out to be dead before a byte of answer came.
  static final class DeadConnection extends Exception {
    DeadConnection(IOException cause) {
      super(null, cause, false, false);
    }
  }

  /// Sends a request and waits for the head of its answer.
  ///
  /// @throws DeadConnection when the request may be sent once more on another connection
  static Reply run(Upstream upstream, Connection connection, Request request, Timing timing)
      throws UpstreamException, DeadConnection {
    Head head = request.head();
    var watchdog = Watchdog.start(connection.transport(), timing);
    String authority = upstream.origin().authority();
    Upload upload = Upload.start(connection, head, request.body(), authority, watchdog::sent);
    var turn = new Turn(upstream, connection, upload, watchdog);
    try {
      ReplyHead reply = turn.readHead();
      return new Reply(turn, reply, reply.framing(head.method()));
    } catch (IOException e) {
      boolean maySendAgain = !connection.isFresh() && !turn.answered && isDeath(e);
      UpstreamException failure = turn.failure(e);
      turn.abort();
      if (maySendAgain && failure instanceof BadReply && request.body().repeatable()) {
        throw new DeadConnection(e);
      }
      throw failure;
    } catch (RuntimeException | Error e) {
      turn.abort();
      throw e;
    }
  }

  private static boolean isDeath(IOException e) {
    return !(e instanceof MalformedException);
  }

  private ReplyHead readHead() throws IOException {
    if (!connection.hasBuffered() && !connection.fill()) {
      throw new EOFException("the connection ended without an answer");
    }
    answered = true;
    for (int i = 0; i <= MOST_INTERIM; i++) {
      ReplyHead head = ReplyHead.read(connection);
      if (!head.isInterim()) {
        return head;
      }
      if (head.status() == 101) {
        throw new MalformedException("the backend switched protocols, which nobody asked for");
      }
    }
    throw new MalformedException("more than 16 interim answers");
  }

  Connection connection() {
    return connection;
  }

  void progress() {
    watchdog.progress();
  }

  /// What an I/O error was in truth: a limit, the request's body, or the backend.
  UpstreamException failure(IOException e) {
    if (watchdog.fired().isPresent()) {
      return new TimedOut(watchdog.fired().get());
    }
    if (upload.bodyFailure().isPresent()) {
      return new BodyFailed(upload.bodyFailure().get());
    }
    String what = e.getMessage() == null ? e.toString() : e.getMessage();
    return new BadReply(upstream.origin() + ": " + what, e);
  }

  private void abort() {
    watchdog.stop();
    connection.close();
    upload.join();
  }

  /// The answer is over.
  ///
  /// @param whole whether it was read to a certain end
  void end(ReplyHead head, boolean whole) {
    watchdog.stop();
    boolean reusable =
        whole
            && head.keepsAlive()
            && upload.isComplete()
            && !connection.hasBuffered()
            && watchdog.fired().isEmpty();
    if (!reusable) {
      abort();
      return;
    }
    upload.join();
    connection.used();
    upstream.keep(connection, head.keepAliveSeconds());
  }
}
