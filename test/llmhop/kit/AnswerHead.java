package llmhop.kit;

import java.util.List;
import java.util.Optional;

/// A status line and fields as they came.
///
/// @param version `HTTP/1.1` or `HTTP/1.0`
/// @param status three digits
/// @param reason the phrase behind them, empty when there is none
/// @param fields in the order and case they came
public record AnswerHead(String version, int status, String reason, List<Field> fields) {
  /// Keeps the fields as they are.
  public AnswerHead {
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
}
