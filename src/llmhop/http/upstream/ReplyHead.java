package llmhop.http.upstream;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Grammar;

/// The status line and fields of a reply, read strictly (RFC 9112 sections 4 and 5).
///
/// @param http11 whether the backend speaks 1.1; else 1.0
/// @param status three digits
/// @param reason may be empty
/// @param fields as they came
record ReplyHead(boolean http11, int status, String reason, Fields fields) {
  /// More fields than any server sends.
  static final int MOST_FIELDS = 200;

  static ReplyHead read(Connection connection) throws IOException {
    String line = connection.readLine();
    boolean http11 = line.startsWith("HTTP/1.1 ");
    if (!http11 && !line.startsWith("HTTP/1.0 ")) {
      throw new MalformedException("the reply does not begin with HTTP/1.1 or HTTP/1.0");
    }
    int status = status(line);
    String reason = line.length() > 13 ? line.substring(13) : "";
    if (!Grammar.isFieldValue(reason)) {
      throw new MalformedException("the reason phrase holds control characters");
    }
    return new ReplyHead(http11, status, reason, fields(connection, line.length()));
  }

  private static int status(String line) throws MalformedException {
    if (line.length() < 12 || (line.length() > 12 && line.charAt(12) != ' ')) {
      throw new MalformedException("the status line is not 'HTTP/1.1 SP status SP reason'");
    }
    int status = 0;
    for (int i = 9; i < 12; i++) {
      int digit = line.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw new MalformedException("the status is not three digits");
      }
      status = status * 10 + digit;
    }
    if (status < 100 || status > 599) {
      throw new MalformedException("the status is not from 100 to 599");
    }
    return status;
  }

  private static Fields fields(Connection connection, int before) throws IOException {
    var fields = new Fields();
    int size = before;
    for (String line = connection.readLine(); !line.isEmpty(); line = connection.readLine()) {
      size += line.length() + 2;
      if (size > Connection.LONGEST_HEAD || fields.size() == MOST_FIELDS) {
        throw new MalformedException("the head is over 64 KiB or 200 fields");
      }
      int colon = line.indexOf(':');
      String name = colon < 0 ? "" : line.substring(0, colon);
      if (!Grammar.isToken(name)) {
        throw new MalformedException("a field's name is not a token");
      }
      String value = trimBlanks(line, colon + 1);
      if (!Grammar.isFieldValue(value)) {
        throw new MalformedException("a field's value holds control characters");
      }
      fields.add(name, value);
    }
    return fields;
  }

  /// RFC 9112 section 5.1: optional white space is blanks and tabs, and no part of the value.
  private static String trimBlanks(String line, int from) {
    int start = from;
    int end = line.length();
    while (start < end && isBlank(line.charAt(start))) {
      start++;
    }
    while (end > start && isBlank(line.charAt(end - 1))) {
      end--;
    }
    return line.substring(start, end);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  boolean isInterim() {
    return status < 200;
  }

  /// How the body is framed (RFC 9112 section 6.3).
  Framing framing(String method) throws MalformedException {
    List<String> lengths = fields.all("Content-Length");
    List<String> codings = fields.all("Transfer-Encoding");
    if (lengths.size() > 1 || (!lengths.isEmpty() && !codings.isEmpty())) {
      throw new MalformedException("Content-Length is there twice, or with Transfer-Encoding");
    }
    OptionalLong length =
        lengths.isEmpty() ? OptionalLong.empty() : Grammar.contentLength(lengths.getFirst());
    if (!lengths.isEmpty() && length.isEmpty()) {
      throw new MalformedException("Content-Length is not a number");
    }
    if (!codings.isEmpty()
        && (!http11 || codings.size() > 1 || !codings.getFirst().equalsIgnoreCase("chunked"))) {
      throw new MalformedException("Transfer-Encoding is not 'chunked' alone, in HTTP/1.1");
    }
    if (method.equals("HEAD") || status == 204 || status == 304) {
      return new Framing.Length(0);
    }
    if (!codings.isEmpty()) {
      return new Framing.Chunked();
    }
    return length.isPresent() ? new Framing.Length(length.getAsLong()) : new Framing.UntilClose();
  }

  /// Whether the backend keeps the connection (RFC 9112 section 9.3).
  boolean keepsAlive() {
    boolean keeps = http11;
    for (String value : fields.all("Connection")) {
      for (String option : value.toLowerCase(Locale.ROOT).split(",")) {
        switch (option.strip()) {
          case "close" -> {
            return false;
          }
          case "keep-alive" -> keeps = true;
          default -> {}
        }
      }
    }
    return keeps;
  }

  /// For how many seconds the backend says that it keeps an idle connection.
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
