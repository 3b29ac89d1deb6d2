package llmhop.http.upstream;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Grammar;

/// Writes the head of a request as bytes (RFC 9112 section 3). The framing and the connection are
/// ours alone: what the fields say of them is left out.
final class RequestHead {
  private byte[] bytes = new byte[1024];
  private int size;

  private RequestHead() {}

  /// The head's bytes, with its empty line.
  ///
  /// @param upgrade the protocol to ask for
  /// @throws IllegalArgumentException when something in it would not stay in its place
  static ByteBuffer bytes(Head head, String authority, long length, Optional<String> upgrade) {
    var out = new RequestHead();
    check(Grammar.isToken(head.method()), "the method is not a token");
    check(Grammar.isTarget(head.target()), "the target holds blanks or controls");
    out.text(head.method());
    out.text(" ");
    out.text(head.target());
    out.text(" HTTP/1.1\r\n");
    if (!head.fields().has("Host")) {
      out.field("Host", authority);
    }
    for (Fields.Field field : head.fields()) {
      if (!isOurs(field.name())) {
        check(Grammar.isToken(field.name()), "a field's name is not a token");
        check(Grammar.isFieldValue(field.value()), "a field's value holds controls");
        out.field(field.name(), field.value());
      }
    }
    if (length > 0 || announcesBody(head.method())) {
      out.field("Content-Length", Long.toString(length));
    }
    if (upgrade.isPresent()) {
      check(length == 0, "a request for another protocol has a body");
      check(Grammar.isToken(upgrade.get()), "the protocol is not a token");
      out.field("Connection", "Upgrade");
      out.field("Upgrade", upgrade.get());
    }
    out.text("\r\n");
    return ByteBuffer.wrap(out.bytes, 0, out.size);
  }

  private static void check(boolean fine, String otherwise) {
    if (!fine) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /// What would tell the backend another end of the body than ours, make it wait for us, or change
  /// what is spoken on the connection.
  private static boolean isOurs(String name) {
    return switch (name.length()) {
      case 10 -> name.equalsIgnoreCase("Connection");
      case 7 -> name.equalsIgnoreCase("Upgrade");
      case 14 -> name.equalsIgnoreCase("Content-Length");
      case 17 -> name.equalsIgnoreCase("Transfer-Encoding");
      case 6 -> name.equalsIgnoreCase("Expect");
      default -> false;
    };
  }

  /// RFC 9110 section 8.6: these say so when they have no body.
  private static boolean announcesBody(String method) {
    return switch (method) {
      case "POST", "PUT", "PATCH" -> true;
      default -> false;
    };
  }

  private void field(String name, String value) {
    text(name);
    text(": ");
    text(value);
    text("\r\n");
  }

  /// The old way of a String to its low bytes is a plain copy; the checks have seen that there are
  /// no others.
  @SuppressWarnings("deprecation")
  private void text(String latin1) {
    int length = latin1.length();
    if (size + length > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + length));
    }
    latin1.getBytes(0, length, bytes, size);
    size += length;
  }
}
