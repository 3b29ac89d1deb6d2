package chaos;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A request that a scripted backend has read whole.
///
/// @param head the request line and the fields
/// @param body its body
record ScriptedRequest(String head, String body) {

  private static final Pattern USER = Pattern.compile("\"user\":\"([^\"]*)\"");

  /// Reads the next one. No caller here sends two without waiting, so nothing stands behind it.
  static ScriptedRequest read(SocketChannel channel) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ByteBuffer some = ByteBuffer.allocate(16 * 1024);
    while (true) {
      String text = bytes.toString(StandardCharsets.ISO_8859_1);
      int end = text.indexOf("\r\n\r\n");
      if (end >= 0 && bytes.size() >= end + 4 + length(text.substring(0, end + 4))) {
        return new ScriptedRequest(text.substring(0, end + 4), text.substring(end + 4));
      }
      some.clear();
      if (channel.read(some) < 0) throw new EOFException();
      bytes.write(some.array(), 0, some.position());
    }
  }

  private static int length(String head) {
    String length = Answer.field(head, "Content-Length");
    return length.isEmpty() ? 0 : Integer.parseInt(length);
  }

  boolean isProbe() {
    return head.startsWith("GET ");
  }

  boolean wantsStream() {
    return body.contains("\"stream\":true");
  }

  /// What names it in its body, `""` when nothing does.
  String user() {
    Matcher user = USER.matcher(body);
    return user.find() ? user.group(1) : "";
  }
}
