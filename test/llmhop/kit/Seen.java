package llmhop.kit;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// A request as a scripted backend received it.
///
/// @param connection which connection it came on, the first being 1
/// @param number which request of that connection it is, the first being 1
/// @param method as it stood in the request line
/// @param target as it stood in the request line, nothing decoded
/// @param version `HTTP/1.1` or `HTTP/1.0`
/// @param fields in the order and case they came, repetition kept
/// @param rawHead every byte up to the body, with the empty line
/// @param body its bytes, without any chunk framing; as many as came when it isn't complete
/// @param length how many bytes of it came, also where only the first ones are kept
/// @param complete the whole body came; only such a request counts as an execution
public record Seen(
    int connection,
    int number,
    String method,
    String target,
    String version,
    List<Field> fields,
    byte[] rawHead,
    byte[] body,
    long length,
    boolean complete) {

  /// Keeps the fields as they are.
  public Seen {
    fields = List.copyOf(fields);
  }

  /// The value of a field that came once; fails the test when it came twice.
  ///
  /// @param name in any case
  /// @return the value, empty when there is no such field
  public Optional<String> field(String name) {
    return Field.only(fields, name);
  }

  /// All values of a field, in order.
  ///
  /// @param name in any case
  /// @return the values, an empty list when there is no such field
  public List<String> fields(String name) {
    return Field.all(fields, name);
  }

  /// The body as text.
  ///
  /// @return the body, read as UTF-8
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /// One line, for failure texts.
  @Override
  public String toString() {
    return "%s %s on connection %d.%d with %d bytes%s"
        .formatted(method, target, connection, number, length, complete ? "" : ", not complete");
  }

  Seen with(byte[] bodySoFar, long lengthSoFar, boolean nowComplete) {
    return new Seen(
        connection,
        number,
        method,
        target,
        version,
        fields,
        rawHead,
        bodySoFar,
        lengthSoFar,
        nowComplete);
  }
}
