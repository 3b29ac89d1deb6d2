package llmhop.http.wire;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Checks multipart/form-data (RFC 7578, RFC 2046 section 5.1) as it arrives and finds one part.
///
/// Stricter than the RFCs where parsers differ, since whoever reads the form after us must find the
/// same part: nothing but a line break may stand before the first delimiter and after the last, and
/// what follows a delimiter on its line is blanks at most.
///
/// ```
///   PART (begins as if in one) --delimiter--> TAIL --CR LF--> HEAD --empty line--> PART
///                                             TAIL --"--"---> END
/// ```
public final class MultipartScan {
  /// The longest head of a part, in bytes: names and types take some hundreds.
  public static final int LONGEST_HEAD = 16 * 1024;

  private enum State {
    PART,
    TAIL,
    HEAD,
    END
  }

  private static final byte[] HEAD_END = {'\r', '\n', '\r', '\n'};

  private final byte[] delimiter;
  private final String wanted;
  private final int longestValue;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private State state = State.PART;
  private boolean preamble = true;
  // The first delimiter may stand at the very beginning, as if a line break came before it.
  private int matched = 2;
  private int dashes;
  private boolean returned;
  private boolean inWanted;
  private boolean otherCase;
  private long offset;
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
    this.delimiter =
        ("\r\n--" + FieldParameters.boundary(contentType)).getBytes(StandardCharsets.ISO_8859_1);
    this.wanted = name;
    this.longestValue = longestValue;
  }

  /// More of the form, in any split.
  public void feed(byte[] bytes, int from, int length) throws MultipartException {
    int past = from + length;
    int at = from;
    while (at < past) {
      if (state == State.PART && matched == 0 && !inWanted) {
        at = skipToReturn(bytes, at, past);
        if (at == past) {
          return;
        }
      }
      step(bytes[at++]);
      offset++;
    }
  }

  private int skipToReturn(byte[] bytes, int at, int past) {
    int i = at;
    while (i < past && bytes[i] != '\r') {
      i++;
    }
    offset += i - at;
    return i;
  }

  private void step(byte octet) throws MultipartException {
    switch (state) {
      case PART -> inPart(octet);
      case TAIL -> inTail(octet);
      case HEAD -> inHead(octet);
      case END -> atEnd(octet);
    }
  }

  private void inPart(byte octet) throws MultipartException {
    if (octet == delimiter[matched]) {
      matched++;
      if (matched == delimiter.length) {
        partEnds();
      }
      return;
    }
    if (preamble && !(offset == 0 && octet == '\r')) {
      throw MultipartException.malformed("the body does not begin with the boundary");
    }
    // A return begins every delimiter and stands nowhere else in it: no shorter match is missed.
    keep(delimiter, preamble ? 0 : matched);
    matched = octet == '\r' ? 1 : 0;
    if (matched == 0) {
      keep(new byte[] {octet}, 1);
    }
  }

  private void keep(byte[] bytes, int length) throws MultipartException {
    if (inWanted) {
      kept.write(bytes, 0, length);
      if (kept.size() > longestValue) {
        throw new MultipartException(MultipartException.Kind.TOO_LONG, "a value is too long");
      }
    }
  }

  private void partEnds() throws MultipartException {
    if (inWanted) {
      end = offset + 1 - delimiter.length;
      value = Optional.of(text());
      inWanted = false;
    }
    preamble = false;
    state = State.TAIL;
    matched = 0;
    dashes = 0;
    returned = false;
  }

  private String text() throws MultipartException {
    try {
      var bytes = ByteBuffer.wrap(kept.toByteArray());
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
      if (text.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
        throw MultipartException.malformed("the part '" + wanted + "' holds control characters");
      }
      return text;
    } catch (CharacterCodingException e) {
      throw MultipartException.malformed("the part '" + wanted + "' is not UTF-8");
    }
  }

  private void inTail(byte octet) throws MultipartException {
    if (octet == '-' && !returned && dashes < 2) {
      dashes++;
      if (dashes == 2) {
        state = State.END;
      }
    } else if (octet == '\n' && returned) {
      state = State.HEAD;
      matched = 2;
      kept.reset();
    } else if (octet == '\r' && !returned && dashes == 0) {
      returned = true;
    } else if ((octet != ' ' && octet != '\t') || returned || dashes != 0) {
      throw MultipartException.malformed("a boundary is followed by other text on its line");
    }
  }

  private void inHead(byte octet) throws MultipartException {
    kept.write(octet);
    if (kept.size() > LONGEST_HEAD) {
      throw MultipartException.malformed("the head of a part is over 16 KiB");
    }
    matched = octet == HEAD_END[matched] ? matched + 1 : octet == '\r' ? 1 : 0;
    if (matched == HEAD_END.length) {
      partBegins(kept.toString(StandardCharsets.UTF_8));
      kept.reset();
      state = State.PART;
      matched = 0;
    }
  }

  private void partBegins(String head) throws MultipartException {
    PartHead part = PartHead.parse(head);
    if (!part.name().equalsIgnoreCase(wanted)) {
      return;
    }
    if (start >= 0 || otherCase) {
      throw new MultipartException(MultipartException.Kind.DUPLICATE, "a part stands there twice");
    }
    if (!part.plain()) {
      throw MultipartException.malformed("the part '" + wanted + "' must be plain text");
    }
    inWanted = part.name().equals(wanted);
    otherCase = !inWanted;
    start = inWanted ? offset + 1 : start;
  }

  private void atEnd(byte octet) throws MultipartException {
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
          MultipartException.Kind.OTHER_CASE, "a part's name has another case of letters");
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
