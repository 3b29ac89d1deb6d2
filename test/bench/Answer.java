package bench;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An answer of known length, read from a blocking socket.
///
/// @param status the status code
/// @param bytes how many bytes it had on the wire
/// @param body its body
record Answer(int status, int bytes, String body) {

  private static final Pattern LENGTH =
      Pattern.compile("\r\ncontent-length: *([0-9]+)", Pattern.CASE_INSENSITIVE);
  private static final int MOST_HEAD_BYTES = 8192;

  boolean isRight() {
    return status == 200 && body.equals(Wire.ANSWER);
  }

  /// Asks once, on a connection of its own.
  static Answer to(byte[] request, int port, int patienceMillis) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(patienceMillis);
      socket.connect(new InetSocketAddress("127.0.0.1", port), patienceMillis);
      socket.getOutputStream().write(request);
      return read(socket.getInputStream());
    }
  }

  static Answer read(InputStream in) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int last4 = 0; last4 != 0x0D0A0D0A; ) {
      int next = in.read();
      if (next < 0 || bytes.size() > MOST_HEAD_BYTES) throw new EOFException("no whole head");
      bytes.write(next);
      last4 = last4 << 8 | next;
    }
    String head = bytes.toString(StandardCharsets.ISO_8859_1);
    Matcher length = LENGTH.matcher(head);
    if (!head.startsWith("HTTP/1.1 ") || !length.find()) throw new IOException(head);
    byte[] body = in.readNBytes(Integer.parseInt(length.group(1)));
    return new Answer(
        Integer.parseInt(head.substring(9, 12)),
        bytes.size() + body.length,
        new String(body, StandardCharsets.UTF_8));
  }
}
