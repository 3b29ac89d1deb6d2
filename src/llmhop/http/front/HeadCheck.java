package llmhop.http.front;

import java.util.Locale;
import java.util.Set;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Grammar;

/// Judges a head as a whole: the form of its target, its host, and how its body is framed. What two
/// readers could take in two ways is refused (RFC 9112 sections 3.2, 6 and 9; RFC 9110 section 10).
final class HeadCheck {
  private static final Set<String> BODY_FIELDS =
      Set.of("content-type", "content-length", "content-encoding", "transfer-encoding");

  private final String method;
  private final String target;
  private final boolean http11;
  private final Fields fields;
  private String host;
  private long length;
  private boolean lengthSeen;
  private boolean chunked;
  private boolean expectsContinue;
  private int options;
  private boolean close;
  private boolean keepAlive;
  private boolean connectionUpgrade;
  private boolean websocket;

  HeadCheck(String method, String target, boolean http11, Fields fields) {
    this.method = method;
    this.target = target;
    this.http11 = http11;
    this.fields = fields;
  }

  /// @throws FaultException when it must be refused
  RequestHead head() throws FaultException {
    for (Fields.Field field : fields) {
      look(field.name(), field.value());
    }
    if (http11 && host == null) {
      throw bad("There must be one Host field.");
    }
    if (lengthSeen && chunked) {
      throw bad("Content-Length and Transfer-Encoding must not come together.");
    }
    checkTarget();
    boolean body = chunked || length > 0;
    return new RequestHead(
        method,
        target,
        http11,
        fields,
        chunked ? -1 : length,
        expectsContinue && http11 && body,
        !close && (http11 || keepAlive),
        http11 && connectionUpgrade && websocket && !body && method.equals("GET"));
  }

  private static FaultException bad(String message) {
    return new FaultException(Fault.BAD_REQUEST, message);
  }

  private void look(String name, String value) throws FaultException {
    switch (name.length()) {
      case 4 -> {
        if (name.equalsIgnoreCase("Host")) {
          host(value);
        }
      }
      case 6 -> {
        if (name.equalsIgnoreCase("Expect")) {
          expect(value);
        }
      }
      case 7 -> {
        if (name.equalsIgnoreCase("Upgrade")) {
          websocket |= value.equalsIgnoreCase("websocket");
        }
      }
      case 10 -> {
        if (name.equalsIgnoreCase("Connection")) {
          connection(value);
        }
      }
      case 12, 16 -> checkUnderscore(name);
      case 14 -> {
        if (name.equalsIgnoreCase("Content-Length")) {
          contentLength(value);
        }
        checkUnderscore(name);
      }
      case 17 -> {
        if (name.equalsIgnoreCase("Transfer-Encoding")) {
          transferEncoding(value);
        }
        checkUnderscore(name);
      }
      default -> {}
    }
  }

  /// Whether a name becomes that of a field which describes or frames the body where a server takes
  /// `_` for `-`, as CGI and WSGI servers do (RFC 3875 section 4.1.18).
  static boolean isBodyFieldWithUnderscore(String name) {
    return name.indexOf('_') >= 0
        && BODY_FIELDS.contains(name.replace('_', '-').toLowerCase(Locale.ROOT));
  }

  private static void checkUnderscore(String name) throws FaultException {
    if (isBodyFieldWithUnderscore(name)) {
      throw bad("A field that describes the body has '_' in its name. Use '-'.");
    }
  }

  /// RFC 9112 section 3.2: exactly one, and a host.
  private void host(String value) throws FaultException {
    if (host != null) {
      throw bad("There must be one Host field.");
    }
    if (!Authority.isValid(value)) {
      throw bad("The Host field is not a host with an optional port.");
    }
    host = value;
  }

  /// RFC 9110 section 10.1.1.
  private void expect(String value) throws FaultException {
    if (!value.equalsIgnoreCase("100-continue")) {
      throw new FaultException(
          Fault.EXPECTATION_FAILED, "Nothing can be expected here but '100-continue'.");
    }
    expectsContinue = true;
  }

  /// RFC 9110 section 7.6.1: a list of options.
  private void connection(String value) throws FaultException {
    String[] all = value.indexOf(',') < 0 ? new String[] {value} : value.split(",");
    options += all.length;
    if (options > Limits.CONNECTION_OPTIONS) {
      throw bad("Connection has over %d options.".formatted(Limits.CONNECTION_OPTIONS));
    }
    for (String option : all) {
      switch (option.strip().toLowerCase(Locale.ROOT)) {
        case "close" -> close = true;
        case "keep-alive" -> keepAlive = true;
        case "upgrade" -> connectionUpgrade = true;
        default -> {}
      }
    }
  }

  /// RFC 9110 section 8.6, RFC 9112 section 6.3: one, of digits.
  private void contentLength(String value) throws FaultException {
    if (lengthSeen) {
      throw bad("There must be one Content-Length at most.");
    }
    lengthSeen = true;
    length =
        Grammar.contentLength(value).orElseThrow(() -> bad("Content-Length must be a number."));
  }

  /// RFC 9112 sections 6.1 and 7: `chunked` alone, and only in HTTP/1.1.
  private void transferEncoding(String value) throws FaultException {
    if (chunked || !http11 || !value.equalsIgnoreCase("chunked")) {
      throw bad("Transfer-Encoding must be 'chunked' alone, once, in HTTP/1.1.");
    }
    chunked = true;
  }

  /// RFC 9112 section 3.2: origin-form; absolute-form, whose authority stands for Host then; `*`
  /// for OPTIONS.
  private void checkTarget() throws FaultException {
    if (target.charAt(0) == '/' || (target.equals("*") && method.equals("OPTIONS"))) {
      return;
    }
    int authority = target.indexOf("://") + 3;
    String scheme = authority < 3 ? "" : target.substring(0, authority - 3);
    if (!scheme.equalsIgnoreCase("http") && !scheme.equalsIgnoreCase("https")) {
      throw bad("The request's target must be a path, beginning with '/'.");
    }
    int end = authority;
    while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
      end++;
    }
    String named = target.substring(authority, end);
    if (named.indexOf('@') >= 0) {
      // RFC 9110 section 4.2.4: an error where it comes from an untrusted source.
      throw bad("The target holds a user name or password. Send credentials in a header field.");
    }
    if (named.isEmpty() || !Authority.isValid(named)) {
      throw bad("The target's authority is not a host with an optional port.");
    }
    fields.set("Host", named);
  }
}
