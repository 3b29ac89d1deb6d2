package llmhop.http.front;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import llmhop.http.wire.FieldLines;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Grammar;
import llmhop.http.wire.Inlet;
import llmhop.http.wire.MalformedException;

/// Reads heads of requests, as strictly as RFC 9112 sections 2, 3 and 5 say and no laxer. Used by
/// one connection.
final class HeadReader {
  /// Longer than any registered method, in characters.
  static final int LONGEST_METHOD = 32;

  private static final byte[] VERSION = "HTTP/1.".getBytes(StandardCharsets.US_ASCII);

  private final Inlet inlet;
  private final Limits limits;
  private final More more;
  private int before;
  private int lines;
  private String target = "";

  /// Gets more bytes into the inlet.
  interface More {
    /// @param length the length of the lines that have come, in bytes
    /// @param lines how many they are
    /// @return false at the end
    boolean read(int length, int lines) throws IOException;
  }

  HeadReader(Inlet inlet, Limits limits, More more) {
    this.inlet = inlet;
    this.limits = limits;
    this.more = more;
  }

  /// The target of the head that is being read or was read last, as far as that is known.
  String target() {
    return target;
  }

  /// Lets go of the target: the connection may wait for long.
  void forget() {
    target = "";
  }

  /// The length of the head that was read last, in bytes.
  int length() {
    return before;
  }

  /// Reads a head.
  ///
  /// @throws FaultException when it must be refused
  /// @throws EOFException when it is cut short
  RequestHead read() throws IOException {
    before = 0;
    lines = 0;
    target = "";
    try {
      int end = line(Fault.URI_TOO_LONG);
      if (end == inlet.position()) {
        // RFC 9112 section 2.2: one empty line before a request is to be ignored.
        next(end);
        end = line(Fault.URI_TOO_LONG);
      }
      return requestLine(end);
    } catch (MalformedException e) {
      throw bad(sentence(e.getMessage()));
    }
  }

  private static String sentence(String message) {
    return Character.toUpperCase(message.charAt(0)) + message.substring(1) + ".";
  }

  private static FaultException bad(String message) {
    return new FaultException(Fault.BAD_REQUEST, message);
  }

  /// Where the line at the inlet's position ends: the offset of its CR. Reads until it is there.
  private int line(Fault tooLong) throws IOException {
    int scanned = 0;
    while (true) {
      int start = inlet.position();
      int end = FieldLines.lineEnd(inlet.bytes(), start, start + scanned, inlet.limit());
      if (end >= 0) {
        if (before + end + 2 - start > limits.headBytes()) {
          throw tooLong(tooLong);
        }
        return end;
      }
      scanned = inlet.buffered();
      if (before + scanned >= limits.headBytes()) {
        throw tooLong(tooLong);
      }
      if (!more.read(before, lines)) {
        throw new EOFException("the connection ended within a head");
      }
    }
  }

  private FaultException tooLong(Fault fault) {
    return fault == Fault.URI_TOO_LONG && isRequestLine()
        ? new FaultException(
            fault, "The request's target is over %d bytes.".formatted(limits.targetBytes()))
        : new FaultException(
            Fault.HEAD_TOO_LARGE,
            "The request's head is over %d bytes. Send fewer or shorter fields."
                .formatted(limits.headBytes()));
  }

  /// Whether what is too long begins like a request: `method SP`.
  private boolean isRequestLine() {
    for (int i = inlet.position(); i < inlet.limit(); i++) {
      int octet = inlet.bytes()[i] & 0xff;
      if (!Grammar.isTokenCharacter(octet)) {
        return octet == ' ' && i > inlet.position();
      }
    }
    return false;
  }

  private void next(int end) {
    before += end + 2 - inlet.position();
    lines++;
    inlet.position(end + 2);
  }

  /// RFC 9112 section 3: `method SP request-target SP HTTP-version`, single blanks.
  private RequestHead requestLine(int end) throws IOException {
    byte[] bytes = inlet.bytes();
    int start = inlet.position();
    int first = find(bytes, start, end);
    int second = find(bytes, first + 1, end);
    if (first <= start || second >= end - 1 || second == first + 1) {
      throw bad("The request line must be: method, blank, target, blank, HTTP/1.1.");
    }
    boolean http11 = version(bytes, second + 1, end);
    String method = method(bytes, start, first);
    checkTarget(bytes, first + 1, second);
    target = new String(bytes, first + 1, second - first - 1, StandardCharsets.ISO_8859_1);
    next(end);
    return new HeadCheck(method, target, http11, fields()).head();
  }

  private static int find(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && bytes[at] != ' ') {
      at++;
    }
    return at;
  }

  /// Returns whether the request is to be served as HTTP/1.1, false for HTTP/1.0. A higher minor
  /// version than 1 is served as 1.1, the highest that is spoken here (RFC 9110 section 2.5). The
  /// version is one digit on each side of the dot (RFC 9112 section 2.3).
  private static boolean version(byte[] bytes, int from, int to) throws FaultException {
    boolean known = to - from == VERSION.length + 1;
    for (int i = 0; known && i < VERSION.length; i++) {
      known = bytes[from + i] == VERSION[i];
    }
    byte minor = bytes[to - 1];
    if (known && minor >= '0' && minor <= '9') {
      return minor != '0';
    }
    for (int i = from; i < to; i++) {
      if (bytes[i] <= ' ' || bytes[i] == 0x7f) {
        throw bad("The request line must be: method, blank, target, blank, HTTP/1.1.");
      }
    }
    String said = new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    throw new FaultException(
        Fault.VERSION_NOT_SUPPORTED,
        said.equals("HTTP/2.0")
            ? "This is HTTP/2 with prior knowledge, which is not spoken here. Use HTTP/1.1."
            : "The request line must end with HTTP/1.1 or HTTP/1.0.");
  }

  /// RFC 9110 section 9.1: a method is a token.
  private static String method(byte[] bytes, int from, int to) throws FaultException {
    int length = to - from;
    if (length == 4
        && bytes[from] == 'P'
        && bytes[from + 1] == 'O'
        && bytes[from + 2] == 'S'
        && bytes[from + 3] == 'T') {
      return "POST";
    }
    if (length == 3 && bytes[from] == 'G' && bytes[from + 1] == 'E' && bytes[from + 2] == 'T') {
      return "GET";
    }
    for (int i = from; i < to; i++) {
      if (!Grammar.isTokenCharacter(bytes[i] & 0xff)) {
        throw bad("The method is not a token.");
      }
    }
    if (length > LONGEST_METHOD) {
      throw bad("The method is longer than any that HTTP knows.");
    }
    return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
  }

  /// RFC 9112 section 3.2: nothing but visible ASCII, and no fragment.
  private void checkTarget(byte[] bytes, int from, int to) throws FaultException {
    if (to - from > limits.targetBytes()) {
      throw tooLong(Fault.URI_TOO_LONG);
    }
    for (int i = from; i < to; i++) {
      if (bytes[i] <= ' ' || bytes[i] == 0x7f || bytes[i] == '#') {
        throw bad("The request's target must be visible ASCII without '#'.");
      }
    }
  }

  /// RFC 9112 section 5: field lines up to the empty one.
  private Fields fields() throws IOException {
    var fields = new Fields();
    for (int end = line(Fault.HEAD_TOO_LARGE);
        end > inlet.position();
        end = line(Fault.HEAD_TOO_LARGE)) {
      if (fields.size() == limits.fields()) {
        throw new FaultException(
            Fault.HEAD_TOO_LARGE,
            "The request has over %d header fields.".formatted(limits.fields()));
      }
      FieldLines.add(inlet.bytes(), inlet.position(), end, fields);
      next(end);
    }
    next(inlet.position());
    return fields;
  }
}
