package llmhop.http.wire;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import llmhop.http.wire.MultipartException.Kind;

/// Checks multipart/form-data (RFC 7578, RFC 2046 section 5.1) as it arrives and finds one part.
///
/// Stricter than the RFCs where parsers differ, since whoever reads the form after us must find the
/// same part: nothing but one line break may stand before the first delimiter and only blanks and
/// line breaks after the last, a delimiter's line holds nothing else, and no other line begins with
/// `--boundary`, also where only some parsers see a line begin: behind a bare LF or CR, or where a
/// part begins.
///
/// ```
///   START --"--boundary"--> TAIL --CR LF--> HEAD --empty line--> PART --CR LF "--boundary"--> TAIL
///                           TAIL --"--"---> END
/// ```
public final class MultipartScan {
  /// The longest head of a part, in bytes: names and types take some hundreds.
  public static final int LONGEST_HEAD = 16 * 1024;

  /// The most parts of a form: as many as Starlette, Werkzeug and Go's net/http take.
  public static final int MAX_PARTS = 1000;

  /// The most bytes of all heads of a form together: 262 for each of a thousand parts, twice what
  /// browsers send.
  public static final int MAX_HEAD_BYTES = 256 * 1024;

  private enum State {
    START,
    PART,
    TAIL,
    HEAD,
    END
  }

  private final BoundarySearch search;
  private final String wanted;
  private final int longestValue;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private State state = State.START;
  private long offset;
  private int matched;
  private long partStart;
  private int parts;
  private int headBytes;
  private boolean inWanted;
  private boolean otherCase;
  private long start = -1;
  private long end = -1;
  private Optional<String> value = Optional.empty();

  /// A scan for the part of this name.
  ///
  /// @param contentType the request's, with its boundary
  /// @param name the part's, in ASCII
  /// @param longestValue the longest value of that part, in bytes
  public MultipartScan(String contentType, String name, int longestValue)
      throws MultipartException {
    this.search = new BoundarySearch("--" + boundary(contentType));
    this.wanted = name;
    this.longestValue = longestValue;
  }

  private static String boundary(String contentType) throws MultipartException {
    try {
      return ContentType.parse(contentType).boundary();
    } catch (MalformedException e) {
      throw MultipartException.malformed(e.getMessage());
    }
  }

  /// More of the form, in any split.
  public void feed(byte[] bytes, int from, int length) throws MultipartException {
    int past = from + length;
    int at = from;
    while (at < past) {
      int before = at;
      switch (state) {
        case START, PART -> at = inPart(bytes, at, past);
        case TAIL -> inTail(bytes[at++]);
        case HEAD -> at = inHead(bytes, at, past);
        case END -> atEnd(bytes[at++]);
      }
      offset += at - before;
    }
  }

  private int inPart(byte[] bytes, int at, int past) throws MultipartException {
    int end = search.find(bytes, at, past);
    if (state == State.START) {
      checkStart(end < 0 ? past - at : end - at);
    } else {
      keep(bytes, at, (end < 0 ? past : end) - at);
    }
    if (end < 0) {
      return past;
    }
    long delimiter = offset + (end - at) - search.length();
    boolean first = state == State.START && delimiter == 0;
    if (!first && (!search.isBehindCrLf() || delimiter - 2 < partStart)) {
      throw MultipartException.malformed("the boundary stands elsewhere than in a delimiter");
    }
    partEnds(delimiter - 2);
    return end;
  }

  /// Before the first delimiter there is nothing, or one line break.
  private void checkStart(int more) throws MultipartException {
    if (offset + more > search.length() + 2) {
      throw MultipartException.malformed("the body does not begin with the boundary");
    }
  }

  private void keep(byte[] bytes, int at, int length) throws MultipartException {
    if (inWanted) {
      int room = longestValue + 2 + search.length() - kept.size();
      kept.write(bytes, at, Math.min(length, Math.max(room, 0)));
      if (length > room) {
        throw tooLong();
      }
    }
  }

  private MultipartException tooLong() {
    return new MultipartException(Kind.TOO_LONG, "the part '" + wanted + "' is too long");
  }

  private void partEnds(long partEnd) throws MultipartException {
    if (inWanted) {
      if (partEnd - start > longestValue) {
        throw tooLong();
      }
      end = partEnd;
      value = Optional.of(text(kept.toByteArray(), (int) (end - start)));
      inWanted = false;
    }
    state = State.TAIL;
    matched = 0;
  }

  private String text(byte[] bytes, int length) throws MultipartException {
    try {
      var octets = ByteBuffer.wrap(bytes, 0, length);
      String text = StandardCharsets.UTF_8.newDecoder().decode(octets).toString();
      if (text.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
        throw MultipartException.malformed("the part '" + wanted + "' holds control characters");
      }
      return text;
    } catch (CharacterCodingException e) {
      throw MultipartException.malformed("the part '" + wanted + "' is not UTF-8");
    }
  }

  /// The two bytes behind a boundary.
  private void inTail(byte octet) throws MultipartException {
    if (matched == 0 && (octet == '\r' || octet == '-')) {
      matched = octet;
    } else if (matched == '-' && octet == '-') {
      state = State.END;
    } else if (matched == '\r' && octet == '\n') {
      state = State.HEAD;
      kept.reset();
      parts++;
      if (parts > MAX_PARTS) {
        throw MultipartException.malformed("the form has over " + MAX_PARTS + " parts");
      }
      matched = 2;
    } else {
      throw MultipartException.malformed("a boundary is followed by other text on its line");
    }
  }

  private int inHead(byte[] bytes, int from, int past) throws MultipartException {
    int at = from;
    while (at < past && matched < 4) {
      // How much of CR LF CR LF stands at the end; it began with the delimiter's own line break.
      byte octet = bytes[at++];
      boolean expected = octet == (matched % 2 == 0 ? '\r' : '\n');
      matched = expected ? matched + 1 : octet == '\r' ? 1 : 0;
    }
    int length = at - from;
    if (kept.size() + length > LONGEST_HEAD) {
      throw MultipartException.malformed("the head of a part is over 16 KiB");
    }
    headBytes += length;
    if (headBytes > MAX_HEAD_BYTES) {
      throw MultipartException.malformed("the heads of the form's parts are over 256 KiB together");
    }
    kept.write(bytes, from, length);
    if (matched == 4) {
      String head = PartHead.text(kept.toByteArray());
      kept.reset();
      partBegins(head, offset + length);
      state = State.PART;
      search.reset();
    }
    return at;
  }

  private void partBegins(String head, long start) throws MultipartException {
    partStart = start;
    if (head.contains(search.text())) {
      throw MultipartException.malformed("the boundary stands elsewhere than in a delimiter");
    }
    try {
      PartHead part = PartHead.parse(head);
      switch (part.match(wanted)) {
        case OTHER -> {}
        case PERHAPS ->
            throw MultipartException.malformed("a part's name can be read as '" + wanted + "'");
        case SAME, OTHER_CASE -> wantedBegins(part);
      }
    } catch (MalformedException e) {
      throw MultipartException.malformed(e.getMessage());
    }
  }

  private void wantedBegins(PartHead part) throws MultipartException, MalformedException {
    if (start >= 0 || otherCase) {
      throw new MultipartException(Kind.DUPLICATE, "the part '" + wanted + "' stands there twice");
    }
    if (!part.isPlain()) {
      throw MultipartException.malformed("the part '" + wanted + "' must be plain text, no file");
    }
    inWanted = part.name().equals(wanted);
    otherCase = !inWanted;
    start = inWanted ? partStart : start;
  }

  private static void atEnd(byte octet) throws MultipartException {
    if (octet != '\r' && octet != '\n' && octet != ' ' && octet != '\t') {
      throw MultipartException.malformed("something follows the last boundary");
    }
  }

  /// The form is over.
  public void finish() throws MultipartException {
    if (state != State.END) {
      throw MultipartException.malformed("the last boundary is missing");
    }
    if (otherCase) {
      throw new MultipartException(
          Kind.OTHER_CASE, "a part's name is '" + wanted + "' in another case of letters");
    }
  }

  /// The part's value; after [#finish].
  public Optional<String> value() {
    return value;
  }

  /// Where the value begins in the form; -1 when there is none.
  public long valueStart() {
    return start;
  }

  /// Where the byte after the value is.
  public long valueEnd() {
    return end;
  }
}
