package llmhop.kit;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A whole answer as a raw caller received it.
///
/// @param interim the 1xx heads before it, in order
/// @param head its status line and fields
/// @param body its bytes without framing; as many as came when it was cut
/// @param chunks the chunks as they came; an empty list when it wasn't chunked
/// @param trailers the fields behind the last chunk
/// @param end how its body ended
/// @param raw every byte from the status line of its first head on, framing and all
public record Answer(
    List<AnswerHead> interim,
    AnswerHead head,
    byte[] body,
    List<Chunk> chunks,
    List<Field> trailers,
    End end,
    byte[] raw) {

  /// How a body ended.
  public enum End {
    /// There is none: an answer to HEAD, 204 or 304.
    NO_BODY,
    /// All bytes of its `Content-Length` came.
    LENGTH,
    /// The last chunk came, and the empty line behind its trailers.
    LAST_CHUNK,
    /// The connection was closed, and nothing says whether that was the end.
    CLOSE,
    /// The connection was closed or reset before the end that was announced.
    CUT
  }

  /// Keeps the lists as they are.
  public Answer {
    interim = List.copyOf(interim);
    chunks = List.copyOf(chunks);
    trailers = List.copyOf(trailers);
  }

  /// The three digits.
  ///
  /// @return the status
  public int status() {
    return head.status();
  }

  /// The value of a field that came once; fails the test when it came twice.
  ///
  /// @param name in any case
  /// @return the value, empty when there is no such field
  public Optional<String> field(String name) {
    return head.field(name);
  }

  /// All values of a field, in order.
  ///
  /// @param name in any case
  /// @return the values, an empty list when there is no such field
  public List<String> fields(String name) {
    return head.fields(name);
  }

  /// The body as text.
  ///
  /// @return the body, read as UTF-8
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /// The answer is provably whole: its length is satisfied, its last chunk came, or it has no body.
  ///
  /// @return false for a cut answer, and for one that only a close ended
  public boolean clean() {
    return end != End.CUT && end != End.CLOSE;
  }

  /// The first string of that name in a JSON body, found by its text: enough for the few members of
  /// an error, without a parser.
  ///
  /// @param name such as `code`
  /// @return the text between the quotes with its escapes left as they are; empty when there is
  ///   none, or when its value is no string
  public Optional<String> jsonString(String name) {
    Matcher member =
        Pattern.compile("\"" + Pattern.quote(name) + "\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"")
            .matcher(text());
    return member.find() ? Optional.of(member.group(1)) : Optional.empty();
  }

  /// The answer in short, for failure texts.
  @Override
  public String toString() {
    return "%d %s %s, %s: %s".formatted(status(), head.reason(), head.fields(), end, text());
  }
}
