package llmhop.http.upstream;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import llmhop.http.wire.FieldLines;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Grammar;
import llmhop.http.wire.MalformedException;

/// The status line and fields of a reply, read strictly (RFC 9112 sections 4 and 5).
///
/// @param http11 whether the backend speaks 1.1; else 1.0
/// @param status from 100 to 599
/// @param reason may be empty
/// @param fields as they came
record ReplyHead(boolean http11, int status, String reason, Fields fields) {
  /// More fields than any server sends.
  static final int MOST_FIELDS = 200;

  /// More options in `Connection` than any server sends.
  private static final int MOST_OPTIONS = 100;

  private static final byte[] START = "HTTP/1.".getBytes(StandardCharsets.US_ASCII);

  static ReplyHead read(Connection connection) throws IOException {
    var fields = new Fields();
    ReplyHead head = connection.readLine((bytes, from, to) -> statusLine(bytes, from, to, fields));
    int size = "HTTP/1.1 200 ".length() + head.reason().length();
    Connection.LineReader<Integer> line = (bytes, from, to) -> field(bytes, from, to, fields);
    while (true) {
      int length = connection.readLine(line);
      if (length == 0) {
        checkOptions(fields);
        return head;
      }
      size += length + 2;
      if (size > Connection.LONGEST_HEAD || fields.size() > MOST_FIELDS) {
        throw new MalformedException("the head is over 64 KiB or 200 fields");
      }
      connection.holdHead(size, fields.size());
    }
  }

  private static void checkOptions(Fields fields) throws MalformedException {
    int commas = 0;
    for (String value : fields.all("Connection")) {
      for (int i = value.indexOf(','); i >= 0; i = value.indexOf(',', i + 1)) commas++;
    }
    check(commas < MOST_OPTIONS, "Connection has over 100 options");
  }

  /// RFC 9112 section 4: `HTTP/1.x SP 3DIGIT SP [ reason ]`. Without a reason the second blank may
  /// be missing too, since nothing can be mistaken then.
  private static ReplyHead statusLine(byte[] bytes, int from, int to, Fields fields)
      throws MalformedException {
    for (int i = 0; i < START.length; i++) {
      check(from + i < to && bytes[from + i] == START[i], "the reply does not begin with HTTP/1.");
    }
    check(to - from >= 12, "the status line is too short");
    byte minor = bytes[from + 7];
    // RFC 9110 section 2.5: a higher minor version is read as 1.1.
    check(minor >= '0' && minor <= '9' && bytes[from + 8] == ' ', "the version is not HTTP/1.x");
    int status = 0;
    for (int i = from + 9; i < from + 12; i++) {
      check(bytes[i] >= '0' && bytes[i] <= '9', "the status is not three digits");
      status = status * 10 + bytes[i] - '0';
    }
    check(status >= 100 && status <= 599, "the status is not from 100 to 599");
    check(to == from + 12 || bytes[from + 12] == ' ', "the status is not three digits");
    int reason = Math.min(from + 13, to);
    for (int i = reason; i < to; i++) {
      check(Grammar.isFieldCharacter(bytes[i] & 0xff), "the reason phrase holds controls");
    }
    return new ReplyHead(minor != '0', status, text(bytes, reason, to), fields);
  }

  private static String text(byte[] bytes, int from, int to) {
    return to - from == 2 && bytes[from] == 'O' && bytes[from + 1] == 'K'
        ? "OK"
        : new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  private static void check(boolean fine, String otherwise) throws MalformedException {
    if (!fine) {
      throw new MalformedException(otherwise);
    }
  }

  /// @return the line's length; 0 for the empty one that ends the head
  private static int field(byte[] bytes, int from, int to, Fields fields)
      throws MalformedException {
    if (to > from) {
      FieldLines.add(bytes, from, to, fields);
    }
    return to - from;
  }

  /// Whether another answer follows.
  boolean isInterim() {
    return status < 200 && !isSwitch();
  }

  /// Whether the backend speaks another protocol from here on.
  boolean isSwitch() {
    return status == 101;
  }

  /// Whether it switches to what was asked for, and says so as RFC 9110 section 7.8 wants it.
  boolean switchesTo(String protocol) {
    List<String> named = fields.all("Upgrade");
    return http11
        && named.size() == 1
        && named.getFirst().equalsIgnoreCase(protocol)
        && connectionNames("upgrade");
  }

  /// How the body is framed (RFC 9112 section 6.3).
  Framing framing(String method) throws MalformedException {
    List<String> lengths = fields.all("Content-Length");
    List<String> codings = fields.all("Transfer-Encoding");
    check(
        lengths.size() <= 1 && (lengths.isEmpty() || codings.isEmpty()),
        "Content-Length is there twice, or with Transfer-Encoding");
    OptionalLong length =
        lengths.isEmpty() ? OptionalLong.empty() : Grammar.contentLength(lengths.getFirst());
    check(lengths.isEmpty() || length.isPresent(), "Content-Length is not a number");
    check(
        codings.isEmpty()
            || (http11 && codings.size() == 1 && codings.getFirst().equalsIgnoreCase("chunked")),
        "Transfer-Encoding is not 'chunked' alone, in HTTP/1.1");
    if (method.equals("HEAD") || status == 204 || status == 304 || isSwitch()) {
      return new Framing.Length(0);
    }
    if (!codings.isEmpty()) {
      return new Framing.Chunked();
    }
    return length.isPresent() ? new Framing.Length(length.getAsLong()) : new Framing.UntilClose();
  }

  /// Whether the backend keeps the connection for another exchange (RFC 9112 section 9.3).
  boolean keepsAlive() {
    return !isSwitch() && !connectionNames("close") && (http11 || connectionNames("keep-alive"));
  }

  /// Whether the `Connection` field has this option (RFC 9110 section 7.6.1).
  private boolean connectionNames(String option) {
    for (String value : fields.all("Connection")) {
      // Most say one thing only.
      if (value.equalsIgnoreCase(option)) {
        return true;
      }
      if (value.indexOf(',') >= 0) {
        for (String one : value.split(",")) {
          if (one.strip().equalsIgnoreCase(option)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /// For how many seconds the backend says that it keeps an idle connection (RFC 2068 section
  /// 19.7.1.1, which nothing has replaced).
  OptionalLong keepAliveSeconds() {
    for (String value : fields.all("Keep-Alive")) {
      for (String parameter : value.toLowerCase(Locale.ROOT).split(",")) {
        String text = parameter.strip();
        if (text.startsWith("timeout=")) {
          return Grammar.contentLength(text.substring("timeout=".length()));
        }
      }
    }
    return OptionalLong.empty();
  }
}
