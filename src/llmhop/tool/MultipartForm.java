package llmhop.tool;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The parts of a `multipart/form-data` body (RFC 7578), as far as browsers and SDKs write it.
record MultipartForm(List<Part> parts) {
  /// One part.
  ///
  /// @param name what the form calls it
  /// @param filename the name of a file's part
  /// @param text its content as UTF-8; empty for a file, of which only the length is of use here
  /// @param bytes how long its content is
  record Part(String name, Optional<String> filename, String text, int bytes) {}

  private static final int MAX_PARTS = 1_000;
  private static final int MAX_HEAD_BYTES = 8_192;
  private static final Pattern BOUNDARY =
      Pattern.compile("(?i)multipart/form-data\\s*;.*?boundary=(?:\"([^\"]+)\"|([^\";\\s]+)).*");
  private static final Pattern NAME =
      Pattern.compile("(?im)^content-disposition:\\s*form-data\\b.*?;\\s*name=\"([^\"\r\n]*)\"");
  private static final Pattern FILENAME =
      Pattern.compile("(?im)^content-disposition:.*?;\\s*filename=\"([^\"\r\n]*)\"");

  MultipartForm {
    parts = List.copyOf(parts);
  }

  /// Reads a body.
  ///
  /// @param contentType the request's, which names the boundary
  static MultipartForm parse(String contentType, byte[] body) throws Refused {
    Matcher type = BOUNDARY.matcher(contentType);
    if (!type.matches()) {
      throw Refused.badRequest("The body must be multipart/form-data with a boundary.");
    }
    String boundary = type.group(1) == null ? type.group(2) : type.group(1);
    byte[] first = ascii("--" + boundary);
    byte[] next = ascii("\r\n--" + boundary);
    List<Part> parts = new ArrayList<>();
    int at = find(body, first, 0) + first.length;
    while (at >= first.length && startsWith(body, at, "\r\n") && parts.size() < MAX_PARTS) {
      int end = find(body, next, at);
      if (end < 0) {
        break;
      }
      parts.add(part(body, at + 2, end));
      at = end + next.length;
    }
    if (at < first.length || !startsWith(body, at, "--")) {
      throw Refused.badRequest("The multipart body is broken or has no end.");
    }
    return new MultipartForm(parts);
  }

  /// The first part of that name.
  Optional<Part> get(String name) {
    return parts.stream().filter(part -> part.name().equals(name)).findFirst();
  }

  /// The text of the first part of that name.
  Optional<String> text(String name) {
    return get(name).map(Part::text);
  }

  private static Part part(byte[] body, int begin, int end) throws Refused {
    int headEnd = find(body, ascii("\r\n\r\n"), begin);
    if (headEnd < 0 || headEnd > end || headEnd - begin > MAX_HEAD_BYTES) {
      throw Refused.badRequest("A part of the multipart body has no proper head.");
    }
    String head = new String(body, begin, headEnd - begin, StandardCharsets.UTF_8);
    Matcher name = NAME.matcher(head);
    if (!name.find()) {
      throw Refused.badRequest("A part of the multipart body has no name.");
    }
    Matcher file = FILENAME.matcher(head);
    Optional<String> filename = file.find() ? Optional.of(file.group(1)) : Optional.empty();
    int content = headEnd + 4;
    int length = Math.max(0, end - content);
    String text =
        filename.isPresent() ? "" : new String(body, content, length, StandardCharsets.UTF_8);
    return new Part(name.group(1), filename, text, length);
  }

  private static int find(byte[] in, byte[] what, int from) {
    outer:
    for (int i = from; i <= in.length - what.length; i++) {
      for (int j = 0; j < what.length; j++) {
        if (in[i + j] != what[j]) {
          continue outer;
        }
      }
      return i;
    }
    return -1;
  }

  private static boolean startsWith(byte[] in, int at, String what) {
    return at + 2 <= in.length && in[at] == what.charAt(0) && in[at + 1] == what.charAt(1);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
