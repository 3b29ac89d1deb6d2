package llmhop.kit;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/// Reads the parts of an HTTP/1.1 message off a stream, and nothing laxer (RFC 9112): CRLF ends a
/// line and nothing else does, names are tokens, values hold no controls, a length is one number.
/// Keeps the bytes of heads and framing, and those of bodies on demand, until [#forget] is called.
final class StrictInput {
  private static final int LONGEST_LINE = 256 * 1024;
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7e\\x80-\\xff]*");
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");
  private static final Pattern CHUNK_SIZE = Pattern.compile("([0-9A-Fa-f]{1,15})(?:[ \\t]*;.*)?");

  private final InputStream in;
  private final boolean keepsBodies;
  private final ByteArrayOutputStream taken = new ByteArrayOutputStream();

  StrictInput(InputStream in, boolean keepsBodies) {
    this.in = in;
    this.keepsBodies = keepsBodies;
  }

  /// The first line of a message; empty when the peer closed instead of beginning one.
  Optional<String> firstLine() throws IOException {
    int first = in.read();
    return first < 0 ? Optional.empty() : Optional.of(lineFrom(first));
  }

  /// The rest of a head, to the empty line and with it.
  List<Field> fields() throws IOException {
    List<Field> fields = new ArrayList<>();
    while (true) {
      String line = line();
      if (line.isEmpty()) {
        return List.copyOf(fields);
      }
      int colon = line.indexOf(':');
      if (colon < 0 || !isToken(line.substring(0, colon))) {
        throw new Malformed("not a field: " + line);
      }
      String value = withoutBlanksAround(line.substring(colon + 1));
      if (!VALUE.matcher(value).matches()) {
        throw new Malformed("a control character in field " + line.substring(0, colon));
      }
      fields.add(new Field(line.substring(0, colon), value));
    }
  }

  String line() throws IOException {
    return lineFrom(orEnd(in.read()));
  }

  /// Copies a body of a known length; what came before an early end is in `to` all the same.
  void exactly(long length, OutputStream to) throws IOException {
    for (long left = length; left > 0; ) {
      byte[] piece = some(left);
      to.write(piece);
      left -= piece.length;
    }
  }

  /// Takes what there is of a body, at least one byte and at most `limit`.
  byte[] some(long limit) throws IOException {
    byte[] room = new byte[(int) Math.min(limit, 64 * 1024)];
    int n = orEnd(in.read(room));
    byte[] piece = Arrays.copyOf(room, n);
    if (keepsBodies) {
      taken.writeBytes(piece);
    }
    return piece;
  }

  /// The next chunk; empty at the last one, whose trailers are still to be read.
  Optional<Chunk> chunk(OutputStream to) throws IOException {
    String sizeLine = line();
    var size = CHUNK_SIZE.matcher(sizeLine);
    if (!size.matches()) {
      throw new Malformed("not a chunk's size: " + sizeLine);
    }
    long length = Long.parseLong(size.group(1), 16);
    if (length == 0) {
      return Optional.empty();
    }
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    try {
      exactly(length, data);
    } finally {
      data.writeTo(to);
    }
    if (!line().isEmpty()) {
      throw new Malformed("no line end after a chunk of " + length + " bytes");
    }
    return Optional.of(new Chunk(sizeLine, data.toByteArray()));
  }

  /// The bytes taken since the last [#forget].
  byte[] taken() {
    return taken.toByteArray();
  }

  void forget() {
    taken.reset();
  }

  /// What `Content-Length` says; refuses several of them, and one beside `Transfer-Encoding`.
  static OptionalLong lengthIn(List<Field> fields) throws Malformed {
    List<String> lengths = Field.all(fields, "Content-Length");
    if (lengths.size() > 1 || (!lengths.isEmpty() && chunkedIn(fields))) {
      throw new Malformed("more than one length in " + fields);
    }
    if (lengths.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!LENGTH.matcher(lengths.getFirst()).matches()) {
      throw new Malformed("not a length: " + lengths.getFirst());
    }
    return OptionalLong.of(Long.parseLong(lengths.getFirst()));
  }

  static boolean chunkedIn(List<Field> fields) throws Malformed {
    List<String> codings = Field.all(fields, "Transfer-Encoding");
    if (codings.isEmpty()) {
      return false;
    }
    if (codings.size() > 1 || !codings.getFirst().equalsIgnoreCase("chunked")) {
      throw new Malformed("a transfer encoding other than chunked: " + codings);
    }
    return true;
  }

  static boolean isToken(String text) {
    return TOKEN.matcher(text).matches();
  }

  private String lineFrom(int first) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = first; ; b = orEnd(in.read())) {
      taken.write(b);
      if (b == '\n') {
        throw new Malformed("a bare LF after: " + line.toString(StandardCharsets.ISO_8859_1));
      }
      if (b == '\r') {
        int next = orEnd(in.read());
        taken.write(next);
        if (next != '\n') {
          throw new Malformed("a bare CR after: " + line.toString(StandardCharsets.ISO_8859_1));
        }
        return line.toString(StandardCharsets.ISO_8859_1);
      }
      line.write(b);
      if (line.size() > LONGEST_LINE) {
        throw new Malformed("a line of more than " + LONGEST_LINE + " bytes");
      }
    }
  }

  private static int orEnd(int n) throws EOFException {
    if (n < 0) {
      throw new EOFException("the connection ended in the middle of a message");
    }
    return n;
  }

  private static String withoutBlanksAround(String value) {
    return value.replaceAll("^[ \\t]+|[ \\t]+$", "");
  }
}
