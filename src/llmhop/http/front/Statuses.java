package llmhop.http.front;

import java.time.LocalDateTime;
import java.time.ZoneOffset;

/// Status lines and the `Date` of answers.
final class Statuses {
  private static final String DAYS = "MonTueWedThuFriSatSun";
  private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

  private record Dated(long second, String text) {}

  private static volatile Dated last = new Dated(-1, "");

  private Statuses() {}

  /// What follows the version in a status line, with its end (RFC 9112 section 4).
  static String line(int status, String reason) {
    if (status == 200 && (reason.isEmpty() || reason.equals("OK"))) {
      return "200 OK\r\n";
    }
    return status + " " + (reason.isEmpty() ? reason(status) : reason) + "\r\n";
  }

  /// RFC 9110 section 5.6.7, made once a second.
  static String date() {
    long second = System.currentTimeMillis() / 1000;
    Dated now = last;
    if (now.second != second) {
      now = new Dated(second, date(second));
      last = now;
    }
    return now.text;
  }

  /// By hand: a formatter loads the names of all locales, 30 ms before the first answer.
  static String date(long epochSecond) {
    LocalDateTime time = LocalDateTime.ofEpochSecond(epochSecond, 0, ZoneOffset.UTC);
    StringBuilder date = new StringBuilder(29);
    word(date, DAYS, time.getDayOfWeek().ordinal()).append(", ");
    twoDigits(date, time.getDayOfMonth()).append(' ');
    word(date, MONTHS, time.getMonth().ordinal()).append(' ').append(time.getYear()).append(' ');
    twoDigits(date, time.getHour()).append(':');
    twoDigits(date, time.getMinute()).append(':');
    return twoDigits(date, time.getSecond()).append(" GMT").toString();
  }

  private static StringBuilder word(StringBuilder to, String words, int index) {
    return to.append(words, 3 * index, 3 * index + 3);
  }

  private static StringBuilder twoDigits(StringBuilder to, int number) {
    return to.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
  }

  /// RFC 9110 section 15.
  private static String reason(int status) {
    return switch (status) {
      case 100 -> "Continue";
      case 101 -> "Switching Protocols";
      case 103 -> "Early Hints";
      case 200 -> "OK";
      case 201 -> "Created";
      case 202 -> "Accepted";
      case 204 -> "No Content";
      case 206 -> "Partial Content";
      case 301 -> "Moved Permanently";
      case 302 -> "Found";
      case 303 -> "See Other";
      case 304 -> "Not Modified";
      case 307 -> "Temporary Redirect";
      case 308 -> "Permanent Redirect";
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 408 -> "Request Timeout";
      case 409 -> "Conflict";
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 415 -> "Unsupported Media Type";
      case 417 -> "Expectation Failed";
      case 421 -> "Misdirected Request";
      case 422 -> "Unprocessable Content";
      case 426 -> "Upgrade Required";
      case 429 -> "Too Many Requests";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      case 504 -> "Gateway Timeout";
      case 505 -> "HTTP Version Not Supported";
      default -> "";
    };
  }
}
