package llmhop.kit;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Reads one answer after the other, in steps as small as the test wants.
///
/// ```
/// head() ─ 1xx ─ head() ─ final ─ some()* ─ rest()
/// ```
///
/// Anything that isn't HTTP/1.1 to the letter is a [Malformed].
final class AnswerReader {
  private final StrictInput input;
  private List<AnswerHead> interim = new ArrayList<>();
  private Optional<AnswerHead> head = Optional.empty();
  private ByteArrayOutputStream body = new ByteArrayOutputStream();
  private List<Chunk> chunks = new ArrayList<>();
  private List<Field> trailers = List.of();
  private Optional<Answer.End> end = Optional.empty();
  private boolean chunked;
  private OptionalLong length = OptionalLong.empty();

  AnswerReader(Intake intake) {
    input = new StrictInput(intake, true);
  }

  boolean hasHead() {
    return head.isPresent();
  }

  /// The next head, interim or final.
  ///
  /// @param bodiless the request was a HEAD
  AnswerHead head(boolean bodiless) throws IOException {
    String line =
        input.firstLine().orElseThrow(() -> new EOFException("closed instead of an answer"));
    if (!line.matches("HTTP/1\\.[01] [1-5][0-9][0-9] [\\t\\x20-\\x7e\\x80-\\xff]*")) {
      throw new Malformed("not a status line: " + line);
    }
    AnswerHead next =
        new AnswerHead(
            line.substring(0, 8),
            Integer.parseInt(line.substring(9, 12)),
            line.substring(13),
            input.fields());
    if (next.status() < 200 && next.status() != 101) {
      interim.add(next);
      return next;
    }
    head = Optional.of(next);
    chunked = StrictInput.chunkedIn(next.fields());
    length = StrictInput.lengthIn(next.fields());
    if (bodiless || next.status() == 204 || next.status() == 304) {
      end = Optional.of(Answer.End.NO_BODY);
    }
    return next;
  }

  /// The next bytes of the body: a whole chunk where there are chunks; empty at its end.
  Optional<byte[]> some() throws IOException {
    if (chunked) {
      return chunk().map(Chunk::data);
    }
    return end.isPresent() ? Optional.empty() : length.isPresent() ? someOfLength() : someToClose();
  }

  /// The next chunk; empty at the last one, whose trailers are read then.
  Optional<Chunk> chunk() throws IOException {
    if (!chunked) {
      throw new AssertionError("the answer is not chunked: " + head);
    }
    if (end.isPresent()) {
      return Optional.empty();
    }
    Optional<Chunk> chunk = orCut(() -> input.chunk(body));
    chunk.ifPresent(chunks::add);
    if (chunk.isEmpty()) {
      trailers = orCut(input::fields);
      end = Optional.of(Answer.End.LAST_CHUNK);
    }
    return chunk;
  }

  /// Reads to the end, and gives the whole answer since its first head.
  Answer rest() throws IOException {
    while (end.isEmpty()) {
      try {
        some();
      } catch (Malformed e) {
        throw e;
      } catch (IOException e) {
        end = Optional.of(Answer.End.CUT);
      }
    }
    Answer answer =
        new Answer(
            interim,
            head.orElseThrow(),
            body.toByteArray(),
            chunks,
            trailers,
            end.get(),
            input.taken());
    beginNext();
    return answer;
  }

  byte[] taken() {
    return input.taken();
  }

  private Optional<byte[]> someOfLength() throws IOException {
    long left = length.getAsLong() - body.size();
    Optional<byte[]> piece =
        left == 0 ? Optional.empty() : Optional.of(orCut(() -> input.some(left)));
    piece.ifPresent(body::writeBytes);
    if (body.size() == length.getAsLong()) {
      end = Optional.of(Answer.End.LENGTH);
    }
    return piece;
  }

  private Optional<byte[]> someToClose() throws IOException {
    try {
      byte[] piece = orCut(() -> input.some(Long.MAX_VALUE));
      body.writeBytes(piece);
      return Optional.of(piece);
    } catch (EOFException e) {
      end = Optional.of(Answer.End.CLOSE);
      return Optional.empty();
    }
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  private <T> T orCut(Reading<T> reading) throws IOException {
    try {
      return reading.read();
    } catch (Malformed e) {
      throw e;
    } catch (IOException e) {
      end = Optional.of(Answer.End.CUT);
      throw e;
    }
  }

  private void beginNext() {
    interim = new ArrayList<>();
    head = Optional.empty();
    body = new ByteArrayOutputStream();
    chunks = new ArrayList<>();
    trailers = List.of();
    end = Optional.empty();
    input.forget();
  }
}
