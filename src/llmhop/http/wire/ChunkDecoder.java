package llmhop.http.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import llmhop.schedule.Turns;

/// Takes a body out of its chunks (RFC 9112 section 7.1), in any split, without waiting for more
/// than is there. Extensions are skipped and trailers dropped, both within limits for a line and
/// for the body (RFC 9112 section 7.1.1 asks for the latter).
///
/// ```
///   SIZE --;--> EXTENSION
///   SIZE, EXTENSION --CR LF, size > 0--> DATA --size bytes--> DATA_END --CR LF--> SIZE
///   SIZE, EXTENSION --CR LF, size = 0--> LINE --token--> NAME --:--> VALUE --CR LF--> LINE
///   LINE --CR LF--> DONE
/// ```
public final class ChunkDecoder {
  /// The longest line that says a size, with its extensions, in bytes.
  public static final int LONGEST_SIZE_LINE = 4 * 1024;

  /// The most that a body's size lines may hold besides their sizes, all together, in bytes:
  /// extensions, and zeros before a size past its sixteenth digit. No inference client or server
  /// sends any; a signature for each chunk of 64 KiB, as S3 has it, fits into a body of 48 MiB.
  public static final int MAX_EXTENSIONS = 64 * 1024;

  private static final int PLAIN_DIGITS = 16;

  /// The most trailers, in bytes.
  public static final int LONGEST_TRAILERS = 16 * 1024;

  /// What [#pass] may need before the bytes: the line of a size that came in pieces.
  public static final int HEADROOM = 24;

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /// The largest size of a chunk, in bytes: sums of it and of what is at hand stay far from the end
  /// of a long.
  private static final long LARGEST = (1L << 56) - 1;

  /// Is shown the body's bytes on their way.
  @FunctionalInterface
  public interface Runs {
    /// A part of the body.
    void data(ByteBuffer bytes, int from, int to);
  }

  private enum State {
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_END,
    DATA_END_LF,
    LINE,
    NAME,
    VALUE,
    VALUE_LF,
    LAST_LF,
    DONE
  }

  /// The CPU time of a byte of framing, in bytes that are received in that time: a chunk of one
  /// byte takes 75 ns.
  private static final int FRAMING_COST = 8;

  private final Turns turns = new Turns();
  private State state = State.SIZE;
  private long left;
  private int lineLength;
  private int digits;
  private int extensions;
  private int taken;
  private int passedFrom;
  private int passedTo;
  private MalformedException failure;

  /// A decoder at the start of a body.
  public ChunkDecoder() {}

  /// Takes the framing off these bytes, in place: the body's bytes move to the front. Lets other
  /// threads run after much framing.
  ///
  /// What is wrong behind good bytes is thrown by the next call, so that these are not lost.
  ///
  /// @return how many of the body's bytes stand at `from`, perhaps 0
  public int decode(byte[] bytes, int from, int to) throws MalformedException {
    if (failure != null) {
      throw failure;
    }
    int at = from;
    int out = from;
    try {
      while (at < to && state != State.DONE) {
        if (state == State.DATA) {
          int length = (int) Math.min(left, to - at);
          if (out != at) {
            System.arraycopy(bytes, at, bytes, out, length);
          }
          at += length;
          out += length;
          left -= length;
          state = left == 0 ? State.DATA_END : State.DATA;
        } else {
          state = next(bytes[at] & 0xff);
          at++;
        }
      }
    } catch (MalformedException e) {
      failure = e;
      if (out == from) {
        throw e;
      }
    }
    taken = at - from;
    turns.spent((at - out) * FRAMING_COST);
    return out - from;
  }

  /// Checks these bytes and leaves their framing on, in its plainest spelling: sizes without zeros
  /// before them, no extensions, no trailers; of the last chunk nothing passes. The result stands
  /// in the same buffer from [#passedFrom] to [#passedTo].
  ///
  /// What is wrong behind good bytes is thrown by the next call, so that these are not lost.
  ///
  /// @param bytes with [#HEADROOM] to spare before `from`
  /// @param runs sees the body's bytes
  public void pass(ByteBuffer bytes, int from, int to, Runs runs) throws MalformedException {
    if (failure != null) {
      throw failure;
    }
    int at = from;
    // What came before of a line was held back until its end.
    int out = isBetweenLines() ? from : from - HEADROOM;
    passedFrom = out;
    try {
      while (at < to && state != State.DONE) {
        State before = state;
        if (before == State.DATA) {
          int length = (int) Math.min(left, to - at);
          if (out != at) {
            bytes.put(out, bytes, at, length);
          }
          runs.data(bytes, out, out + length);
          at += length;
          out += length;
          left -= length;
          state = left == 0 ? State.DATA_END : State.DATA;
        } else {
          state = next(bytes.get(at) & 0xff);
          at++;
          if (before == State.DATA_END_LF) {
            out = putLineEnd(bytes, out);
          } else if (state == State.DATA) {
            out = putLineEnd(bytes, putHex(bytes, out, left));
          }
        }
      }
    } catch (MalformedException e) {
      failure = e;
    }
    taken = at - from;
    passedTo = out;
  }

  private static int putLineEnd(ByteBuffer bytes, int at) {
    bytes.put(at, (byte) '\r').put(at + 1, (byte) '\n');
    return at + 2;
  }

  private static int putHex(ByteBuffer bytes, int at, long number) {
    int out = at;
    for (int shift = (63 - Long.numberOfLeadingZeros(number)) / 4 * 4; shift >= 0; shift -= 4) {
      bytes.put(out++, HEX[(int) (number >> shift) & 15]);
    }
    return out;
  }

  /// Where the bytes that the last [#pass] let through begin.
  public int passedFrom() {
    return passedFrom;
  }

  /// Where they end.
  public int passedTo() {
    return passedTo;
  }

  /// Whether nothing of a line has been taken yet, so that [#pass] may follow a [#decode].
  public boolean isBetweenLines() {
    return state == State.DATA || state == State.DATA_END || (state == State.SIZE && digits == 0);
  }

  /// Whether a chunk has begun and its end hasn't been seen.
  public boolean isWithinChunk() {
    return state == State.DATA || isAtChunkEnd();
  }

  /// How many bytes of the body the chunk that has begun still has.
  public long leftOfChunk() {
    return state == State.DATA ? left : 0;
  }

  /// Whether the last chunk that has begun is whole, but for the end of its line.
  public boolean isAtChunkEnd() {
    return state == State.DATA_END || state == State.DATA_END_LF;
  }

  /// How many bytes the last [#decode] used: all of them, but for what follows the end.
  public int taken() {
    return taken;
  }

  /// Whether the whole body has been seen, with its end.
  public boolean isDone() {
    return state == State.DONE;
  }

  /// Whether what came last can't be decoded: the next [#decode] says why.
  public boolean hasFailed() {
    return failure != null;
  }

  private State next(int octet) throws MalformedException {
    return switch (state) {
      case SIZE -> size(octet);
      case EXTENSION -> extension(octet);
      case SIZE_LF -> {
        lineFeed(octet);
        yield left == 0 ? State.LINE : State.DATA;
      }
      case DATA_END -> {
        check(octet == '\r', "a chunk is longer than its size");
        yield State.DATA_END_LF;
      }
      case DATA_END_LF -> {
        check(octet == '\n', "a chunk is longer than its size");
        lineLength = 0;
        digits = 0;
        yield State.SIZE;
      }
      case LINE, NAME, VALUE -> trailer(octet);
      case VALUE_LF -> {
        lineFeed(octet);
        yield State.LINE;
      }
      case LAST_LF -> {
        lineFeed(octet);
        yield State.DONE;
      }
      case DATA, DONE -> throw new IllegalStateException();
    };
  }

  private State size(int octet) throws MalformedException {
    int digit = Grammar.hexDigit(octet);
    if (digit >= 0) {
      check(left <= LARGEST >> 4, "a chunk's size is too large");
      left = left << 4 | digit;
      digits++;
      checkLine();
      if (digits > PLAIN_DIGITS) countExtension();
      return State.SIZE;
    }
    check(digits > 0, "a chunk's size is not a number in hexadecimal");
    return extensionOrEnd(octet, octet == ';');
  }

  private State extension(int octet) throws MalformedException {
    return extensionOrEnd(octet, Grammar.isFieldCharacter(octet));
  }

  private State extensionOrEnd(int octet, boolean goesOn) throws MalformedException {
    if (octet == '\r') {
      lineLength = 0;
      return State.SIZE_LF;
    }
    check(goesOn, "a chunk's size is followed by something else than an extension");
    checkLine();
    countExtension();
    return State.EXTENSION;
  }

  private void checkLine() throws MalformedException {
    lineLength++;
    check(lineLength <= LONGEST_SIZE_LINE, "the line of a chunk's size is over 4 KiB");
  }

  private void countExtension() throws MalformedException {
    extensions++;
    check(extensions <= MAX_EXTENSIONS, "the extensions of chunks are over 64 KiB together");
  }

  /// RFC 9112 section 7.1.2: fields like those of a head.
  private State trailer(int octet) throws MalformedException {
    lineLength++;
    check(lineLength <= LONGEST_TRAILERS, "the trailers are over 16 KiB");
    if (octet == '\r' && state != State.NAME) {
      return state == State.LINE ? State.LAST_LF : State.VALUE_LF;
    }
    if (state == State.VALUE) {
      check(Grammar.isFieldCharacter(octet), "a trailer holds control characters");
      return State.VALUE;
    }
    if (octet == ':' && state == State.NAME) {
      return State.VALUE;
    }
    check(Grammar.isTokenCharacter(octet), "a trailer's name is not a token");
    return State.NAME;
  }

  private static void lineFeed(int octet) throws MalformedException {
    check(octet == '\n', "a carriage return stands alone");
  }

  private static void check(boolean fine, String otherwise) throws MalformedException {
    if (!fine) {
      throw new MalformedException(otherwise);
    }
  }
}
