package llmhop.http.front;

import java.io.IOException;
import java.util.OptionalLong;
import llmhop.http.wire.Fields;

/// The answer to one request, in its framing (RFC 9112 sections 4 and 6). Used by one thread.
///
/// ```
///   (none) --begin--> body --write, flush--> body --finish--> whole
/// ```
final class Answer {
  private enum Framing {
    NONE,
    COUNTED,
    CHUNKED,
    UNTIL_CLOSE
  }

  private static final String LAST_CHUNK = "0\r\n\r\n";

  private final Outlet out;
  private final boolean http11;
  private final boolean head;
  private Framing framing = Framing.NONE;
  private int status;
  private long left;
  private boolean whole;

  /// @param head whether the request was HEAD
  Answer(Outlet out, boolean http11, boolean head) {
    this.out = out;
    this.http11 = http11;
    this.head = head;
  }

  boolean hasBegun() {
    return status != 0;
  }

  int status() {
    return status;
  }

  /// Whether all of it has been written.
  boolean isWhole() {
    return whole;
  }

  /// Whether only the connection's end would tell where an answer with this head ends.
  boolean wouldEndWithConnection(int code, OptionalLong length) {
    return framing(code, length) == Framing.UNTIL_CLOSE;
  }

  /// Whether only the connection's end tells where it ends.
  boolean endsWithConnection() {
    return framing == Framing.UNTIL_CLOSE;
  }

  boolean isChunked() {
    return framing == Framing.CHUNKED;
  }

  /// @param keep whether the connection lives on
  /// @param keepAlive whether that has to be said (HTTP/1.0)
  void begin(
      int code, String reason, Fields fields, OptionalLong length, boolean keep, boolean keepAlive)
      throws IOException {
    if (hasBegun()) {
      throw new IllegalStateException("the answer has begun");
    }
    status = code;
    framing = framing(code, length);
    left = length.orElse(0);
    out.text(http11 || code == 101 ? "HTTP/1.1 " : "HTTP/1.0 ");
    out.text(Statuses.line(code, reason));
    boolean dated = false;
    for (Fields.Field field : fields) {
      dated |= field.name().length() == 4 && field.name().equalsIgnoreCase("Date");
      field(field.name(), field.value());
    }
    if (!dated) {
      field("Date", Statuses.date());
    }
    frame(length);
    if (!keep || framing == Framing.UNTIL_CLOSE) {
      field("Connection", "close");
    } else if (keepAlive) {
      field("Connection", "keep-alive");
    }
    out.text("\r\n");
    whole = framing == Framing.NONE || (framing == Framing.COUNTED && left == 0);
  }

  /// RFC 9112 section 6.3: HEAD, 204 and 304 have no body, whatever they announce.
  private Framing framing(int code, OptionalLong length) {
    if (head || code == 204 || code == 304) {
      return Framing.NONE;
    }
    if (length.isPresent()) {
      return Framing.COUNTED;
    }
    return http11 ? Framing.CHUNKED : Framing.UNTIL_CLOSE;
  }

  /// RFC 9110 section 8.6: 204 says nothing of a length.
  private void frame(OptionalLong length) throws IOException {
    if (framing == Framing.CHUNKED) {
      field("Transfer-Encoding", "chunked");
    } else if (length.isPresent() && status != 204) {
      field("Content-Length", Long.toString(length.getAsLong()));
    }
  }

  private void field(String name, String value) throws IOException {
    out.text(name);
    out.text(": ");
    out.text(value);
    out.text("\r\n");
  }

  void write(byte[] bytes, int offset, int length) throws IOException {
    switch (framing) {
      case NONE -> {}
      case COUNTED -> {
        if (length > left) {
          throw new IOException("the answer is longer than its Content-Length");
        }
        left -= length;
        whole = left == 0;
        out.bytes(bytes, offset, length);
      }
      case CHUNKED -> writeChunk(bytes, offset, length);
      case UNTIL_CLOSE -> out.bytes(bytes, offset, length);
    }
  }

  /// One chunk for each write: who writes has put together what belongs together.
  private void writeChunk(byte[] bytes, int offset, int length) throws IOException {
    if (length > 0) {
      chunkHead(length);
      out.bytes(bytes, offset, length);
      out.text("\r\n");
    }
  }

  private void chunkHead(long size) throws IOException {
    out.text(Long.toHexString(size));
    out.text("\r\n");
  }

  /// The head of a chunk of which only a part is at hand; the rest, and its end, come by another
  /// way.
  void beginChunk(byte[] first, int length, long more) throws IOException {
    if (length + more > 0) {
      chunkHead(length + more);
      out.bytes(first, 0, length);
    }
    out.flush();
  }

  /// Ends a chunk that came another way.
  void endChunk() throws IOException {
    out.text("\r\n");
  }

  void flush() throws IOException {
    out.flush();
  }

  /// Sends the rest, with the last chunk.
  void finish() throws IOException {
    if (framing == Framing.CHUNKED && !whole) {
      out.text(LAST_CHUNK);
    } else if (framing == Framing.COUNTED && left > 0) {
      throw new IOException("the answer is shorter than its Content-Length");
    }
    whole = true;
    out.flush();
  }
}
