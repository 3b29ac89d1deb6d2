package llmhop.fuzz;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What the strictest reader of RFC 9112 takes for requests in all that came on a connection.
/// Shares nothing with the program, and is made of whole texts and patterns where that reads bytes.
final class StrictReader {
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final Pattern REQUEST_LINE =
      Pattern.compile("(" + TOKEN + ") ([\\x21\\x22\\x24-\\x7e]+) HTTP/1\\.([0-9])");
  private static final Pattern FIELD =
      Pattern.compile("(" + TOKEN + "):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*?)[ \\t]*");
  private static final Pattern CHUNK =
      Pattern.compile("0*([0-9a-fA-F]{1,7})(;[\\t\\x20-\\x7e\\x80-\\xff]*)?");

  private final String all;
  private final List<String> requests = new ArrayList<>();
  private int at;

  private StrictReader(byte[] bytes) {
    all = new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /// It is no request, or none that is whole: nothing behind it counts.
  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused() {
      super(null, null, false, false);
    }
  }

  /// The requests, as `METHOD TARGET BODY`, up to the first that is refused or the last allowed.
  static List<String> requests(byte[] bytes) {
    var reader = new StrictReader(bytes);
    try {
      while (reader.next()) {}
    } catch (Refused e) {
      // Whatever comes behind it is no request.
    }
    return reader.requests;
  }

  private static void require(boolean fine) throws Refused {
    if (!fine) {
      throw new Refused();
    }
  }

  private String line() throws Refused {
    int end = all.indexOf("\r\n", at);
    require(end >= 0);
    String line = all.substring(at, end);
    require(line.indexOf('\n') < 0 && line.indexOf('\r') < 0);
    at = end + 2;
    return line;
  }

  private Matcher match(Pattern pattern, String text) throws Refused {
    Matcher matcher = pattern.matcher(text);
    require(matcher.matches());
    return matcher;
  }

  /// @return whether another may follow
  private boolean next() throws Refused {
    String first = line();
    Matcher request = match(REQUEST_LINE, first.isEmpty() ? line() : first);
    boolean http11 = !request.group(3).equals("0");
    List<String> hosts = new ArrayList<>();
    List<String> lengths = new ArrayList<>();
    List<String> codings = new ArrayList<>();
    List<String> options = new ArrayList<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      Matcher field = match(FIELD, line);
      String value = field.group(2);
      switch (field.group(1).toLowerCase(Locale.ROOT)) {
        case "host" -> hosts.add(value);
        case "content-length" -> lengths.add(value);
        case "transfer-encoding" -> codings.add(value.toLowerCase(Locale.ROOT));
        case "connection" ->
            options.addAll(List.of(value.toLowerCase(Locale.ROOT).split("[ \t]*,[ \t]*")));
        default -> {}
      }
    }
    require(hosts.size() == 1 || (!http11 && hosts.isEmpty()));
    require(lengths.size() + codings.size() <= 1);
    String body = "";
    if (!lengths.isEmpty()) {
      require(lengths.getFirst().matches("[0-9]+"));
      BigInteger length = new BigInteger(lengths.getFirst());
      require(length.bitLength() < Long.SIZE);
      body = take(length.longValue());
    } else if (!codings.isEmpty()) {
      require(http11 && codings.getFirst().equals("chunked"));
      body = chunks();
    }
    requests.add(request.group(1) + " " + request.group(2) + " " + body);
    return !options.contains("close") && (http11 || options.contains("keep-alive"));
  }

  private String take(long size) throws Refused {
    require(size <= all.length() - at);
    String taken = all.substring(at, at + (int) size);
    at += (int) size;
    return taken;
  }

  private String chunks() throws Refused {
    StringBuilder body = new StringBuilder();
    for (int size = size(); size > 0; size = size()) {
      body.append(take(size));
      require(take(2).equals("\r\n"));
    }
    for (String line = line(); !line.isEmpty(); line = line()) {
      match(FIELD, line);
    }
    return body.toString();
  }

  private int size() throws Refused {
    return Integer.parseInt(match(CHUNK, line()).group(1), 16);
  }
}
