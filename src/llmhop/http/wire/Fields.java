package llmhop.http.wire;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/// HTTP fields in the order and case they came, repetition kept (RFC 9110 section 5). Names compare
/// without regard to case. Used by one thread.
public final class Fields implements Iterable<Fields.Field> {
  /// One field line.
  ///
  /// @param name as it came
  /// @param value without the white space around it
  public record Field(String name, String value) {}

  private final List<Field> fields = new ArrayList<>(16);

  /// Adds a field at the end.
  public void add(String name, String value) {
    fields.add(new Field(name, value));
  }

  /// Puts one field in the place of all of that name, at the end.
  public void set(String name, String value) {
    removeAll(name);
    add(name, value);
  }

  /// Takes all fields of that name away.
  public void removeAll(String name) {
    fields.removeIf(field -> field.name.equalsIgnoreCase(name));
  }

  /// The first value of that name.
  public Optional<String> first(String name) {
    for (Field field : fields) {
      if (field.name.equalsIgnoreCase(name)) {
        return Optional.of(field.value);
      }
    }
    return Optional.empty();
  }

  /// All values of that name, in order.
  public List<String> all(String name) {
    List<String> values = List.of();
    for (Field field : fields) {
      if (field.name.equalsIgnoreCase(name)) {
        if (values.isEmpty()) {
          values = new ArrayList<>(2);
        }
        values.add(field.value);
      }
    }
    return values;
  }

  /// Whether there is a field of that name.
  public boolean has(String name) {
    return first(name).isPresent();
  }

  /// How many field lines there are.
  public int size() {
    return fields.size();
  }

  @Override
  public Iterator<Field> iterator() {
    return fields.iterator();
  }
}
