package chaos;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What came back for a request, as far as it came.
///
/// @param head the status line and the fields, `""` when they never came whole
/// @param body what came of the body, without its framing
/// @param whole whether it came to the end that its framing says
/// @param firstByteNanos from sending to the first byte of the body; -1 when none came
/// @param nanos from sending to the end
/// @param why what was wrong when it isn't whole
record Answer(
    String head, String body, boolean whole, long firstByteNanos, long nanos, String why) {

  private static final Pattern CODE = Pattern.compile("\"code\":\\s*\"([a-z_]+)\"");
  private static final String END_OF_STREAM = "data: [DONE]";

  /// The status code, 0 when there was no head.
  int status() {
    return head.startsWith("HTTP/1.1 ") ? Integer.parseInt(head.substring(9, 12)) : 0;
  }

  /// The value of a field, `""` when it isn't there.
  String field(String name) {
    return field(head, name);
  }

  static String field(String head, String name) {
    String sought = "\r\n" + name.toLowerCase(Locale.ROOT) + ":";
    int at = head.toLowerCase(Locale.ROOT).indexOf(sought);
    if (at < 0) return "";
    int end = head.indexOf("\r\n", at + 2);
    return head.substring(at + sought.length(), end < 0 ? head.length() : end).strip();
  }

  /// Which backend answered.
  String backend() {
    return field("X-LLMhop-Backend");
  }

  /// The code of an error of the router's, also where one router passes on another's.
  String code() {
    String code = field("X-LLMhop-Error");
    if (!code.isEmpty() || status() < 400) return code;
    Matcher said = CODE.matcher(body);
    return said.find() ? said.group(1) : "";
  }

  double seconds() {
    return nanos / 1e9;
  }

  /// What this is, where errors with these codes, or statuses of a backend's own, are allowed.
  Verdict verdict(Set<String> allowed) {
    if (!whole) return body.contains(END_OF_STREAM) ? Verdict.FAILED : Verdict.LOST;
    if (status() == 200) return isTruncated() ? Verdict.FAILED : Verdict.ANSWERED;
    boolean honest = allowed.contains(code()) || allowed.contains("" + status());
    return honest ? Verdict.REFUSED : Verdict.FAILED;
  }

  // Its framing says that it came to its end, and yet something is missing.
  private boolean isTruncated() {
    boolean stream = field("Content-Type").startsWith("text/event-stream");
    return stream ? !body.strip().endsWith(END_OF_STREAM) : body.isEmpty();
  }

  @Override
  public String toString() {
    String end = body.substring(Math.max(0, body.length() - 120)).replaceAll("\\s+", " ");
    return "status %d %s from \"%s\" after %.3f s%s: ...%s"
        .formatted(
            status(), code(), backend(), seconds(), whole ? "" : ", cut off (" + why + ")", end);
  }
}
