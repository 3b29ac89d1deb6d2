package llmhop.backend;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Optional;
import llmhop.config.Header;
import llmhop.http.upstream.Head;
import llmhop.http.upstream.Reply;
import llmhop.http.upstream.Timing;
import llmhop.http.upstream.UpstreamException;
import llmhop.http.upstream.Whole;
import llmhop.http.wire.Fields;

/// Something small that the router itself wants to know of a backend.
final class Question {
  private static final int PIECE = 8 * 1024;

  private Question() {}

  /// What a backend said.
  ///
  /// @param status the HTTP status
  /// @param body all of it; empty when it was longer than wanted
  record Answer(int status, Optional<byte[]> body) {
    boolean isFine() {
      return status >= 200 && status < 300;
    }
  }

  /// Asks with GET, with the fields that are set on all requests to the backend.
  ///
  /// @param timeout for all of it, connecting too
  /// @param mostBytes the longest body that is wanted
  static Answer ask(Backend backend, String path, Duration timeout, int mostBytes)
      throws UpstreamException {
    try (Reply reply = send(backend, path, timeout)) {
      return new Answer(reply.status(), read(reply, mostBytes));
    }
  }

  /// The same for the status alone; of the body only what has come with it is read.
  static int status(Backend backend, String path, Duration timeout) throws UpstreamException {
    try (Reply reply = send(backend, path, timeout)) {
      byte[] piece = new byte[PIECE];
      if (reply.buffered() && reply.read(piece, 0, PIECE) >= 0 && reply.buffered()) {
        reply.read(piece, 0, PIECE);
      }
      return reply.status();
    }
  }

  private static Reply send(Backend backend, String path, Duration timeout)
      throws UpstreamException {
    var fields = new Fields();
    fields.add("Accept", "*/*");
    fields.add("User-Agent", "llmhop");
    for (Header header : backend.headers()) fields.set(header.name(), header.value().reveal());
    var head = new Head("GET", backend.path(path), fields);
    var timing = new Timing(Optional.empty(), Optional.empty(), Optional.of(timeout));
    return backend.upstream().send(new Whole(head), timing);
  }

  private static Optional<byte[]> read(Reply reply, int mostBytes) throws UpstreamException {
    var all = new ByteArrayOutputStream();
    byte[] piece = new byte[PIECE];
    for (int read = reply.read(piece, 0, PIECE); read >= 0; read = reply.read(piece, 0, PIECE)) {
      if (all.size() + read > mostBytes) {
        return Optional.empty();
      }
      all.write(piece, 0, read);
    }
    return Optional.of(all.toByteArray());
  }
}
