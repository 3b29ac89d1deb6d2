package chaos;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// Reads one answer from a connection, and keeps what came of one that broke off.
final class AnswerReader {

  private static final int HEAD_END = 0x0D0A0D0A;
  private static final int MOST_HEAD_BYTES = 65_536;

  private final InputStream in;
  private final long sent = System.nanoTime();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private String head = "";
  private long firstByte = -1;

  /// @param in a connection that a request was just sent on
  AnswerReader(InputStream in) {
    this.in = in;
  }

  Answer read() {
    String why = "";
    try {
      readHead();
      readBody();
    } catch (IOException e) {
      why = e.toString();
    } catch (NumberFormatException e) {
      why = "wrong framing: " + e.getMessage();
    }
    String text = body.toString(StandardCharsets.UTF_8);
    long nanos = System.nanoTime() - sent;
    return new Answer(head, text, why.isEmpty(), firstByte, nanos, why);
  }

  private void readHead() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int last4 = 0; last4 != HEAD_END; ) {
      int next = next();
      if (bytes.size() > MOST_HEAD_BYTES) throw new IOException("a head that is too long");
      bytes.write(next);
      last4 = last4 << 8 | next;
    }
    head = bytes.toString(StandardCharsets.ISO_8859_1);
  }

  private void readBody() throws IOException {
    String coding = Answer.field(head, "Transfer-Encoding").toLowerCase(Locale.ROOT);
    String length = Answer.field(head, "Content-Length");
    if (coding.equals("chunked")) {
      for (int size = chunkSize(); size > 0; size = chunkSize()) {
        take(size);
        next();
        next();
      }
      // The empty line behind the last chunk; nobody here sends trailers.
      line();
    } else if (!length.isEmpty()) {
      take(Integer.parseInt(length));
    } else {
      throw new IOException("a body of unknown length");
    }
  }

  private int chunkSize() throws IOException {
    return Integer.parseInt(line(), 16);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = next(); next != '\n'; next = next()) line.append((char) next);
    return line.toString().strip();
  }

  private void take(int bytes) throws IOException {
    for (int i = 0; i < bytes; i++) {
      body.write(next());
      if (firstByte < 0) firstByte = System.nanoTime() - sent;
    }
  }

  private int next() throws IOException {
    int next = in.read();
    if (next < 0) throw new EOFException("the connection was closed");
    return next;
  }
}
