package llmhop.kit;

import java.util.List;
import java.util.Optional;

/// One line of a head, as it stood on the wire, without the blanks around its value.
///
/// @param name with the letters' case as it was
/// @param value as it was, one character for each byte
public record Field(String name, String value) {
  /// Reads `"Name: value"`, the way tests write fields.
  ///
  /// @param line a name, a colon, a blank and a value
  /// @return the field
  public static Field of(String line) {
    int colon = line.indexOf(": ");
    if (colon < 1) {
      throw new IllegalArgumentException("write a field as \"Name: value\", not " + line);
    }
    return new Field(line.substring(0, colon), line.substring(colon + 2));
  }

  /// As it is written in tests and on the wire, without a line end.
  @Override
  public String toString() {
    return name + ": " + value;
  }

  static Optional<String> only(List<Field> fields, String name) {
    List<String> values = all(fields, name);
    if (values.size() > 1) {
      throw new AssertionError("there are %d fields %s: %s".formatted(values.size(), name, fields));
    }
    return values.stream().findFirst();
  }

  static List<String> all(List<Field> fields, String name) {
    return fields.stream().filter(f -> f.name.equalsIgnoreCase(name)).map(Field::value).toList();
  }
}
