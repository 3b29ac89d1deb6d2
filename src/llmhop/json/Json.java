package llmhop.json;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// A JSON value (RFC 8259), with the line where it begins, so that whoever reads a value out of it
/// can say where it stands.
public sealed interface Json {

  /// The deepest nesting that [#parse] takes.
  int MAX_DEPTH = 128;

  /// Reads a text strictly: one value in UTF-8, no comments, no trailing commas, no raw controls in
  /// strings, no NaN; a name only once per object. A byte order mark is skipped (RFC 8259, 8.1).
  ///
  /// @param utf8 the text
  /// @return the value
  /// @throws JsonException saying what is wrong and where
  static Json parse(byte[] utf8) throws JsonException {
    return new JsonParser(utf8).document();
  }

  /// Where the value begins.
  ///
  /// @return the line, counted from 1; 0 for a value that was not read from text
  int line();

  /// Which kind of value it is, in words for a message.
  ///
  /// @return `an object`, `an array`, `a string`, `a number`, `true or false` or `null`
  String kind();

  /// A name and its value in an object.
  ///
  /// @param name the name, escapes decoded
  /// @param value its value
  /// @param line where the name stands, counted from 1; 0 when not read from text
  record Member(String name, Json value, int line) {
    /// Refuses what is absent.
    public Member {
      Objects.requireNonNull(name);
      Objects.requireNonNull(value);
    }
  }

  /// An object: members in the order they were written, each name once.
  ///
  /// @param members the members
  /// @param line where it begins
  record Obj(List<Member> members, int line) implements Json {
    /// Copies the list and refuses a name that stands twice.
    public Obj {
      members = List.copyOf(members);
      Set<String> names = HashSet.newHashSet(members.size());
      for (Member member : members) {
        if (!names.add(member.name())) {
          throw new IllegalArgumentException("twice in one object: " + member.name());
        }
      }
    }

    /// The value of a name.
    ///
    /// @param name compared exactly
    /// @return its value; empty when the object has no such member
    public Optional<Json> get(String name) {
      return members.stream().filter(m -> m.name().equals(name)).map(Member::value).findFirst();
    }

    @Override
    public String kind() {
      return "an object";
    }
  }

  /// An array.
  ///
  /// @param items its values in order
  /// @param line where it begins
  record Arr(List<Json> items, int line) implements Json {
    /// Copies the list.
    public Arr {
      items = List.copyOf(items);
    }

    @Override
    public String kind() {
      return "an array";
    }
  }

  /// A string.
  ///
  /// @param value the characters, escapes decoded; may hold a lone surrogate, as JSON may
  /// @param line where it begins
  record Str(String value, int line) implements Json {
    /// Refuses what is absent.
    public Str {
      Objects.requireNonNull(value);
    }

    @Override
    public String kind() {
      return "a string";
    }
  }

  /// A number, kept as it was written: JSON sets no limit to size or precision.
  ///
  /// @param text a number by the grammar of RFC 8259, 6
  /// @param line where it begins
  record Num(String text, int line) implements Json {
    /// Refuses what the grammar doesn't know.
    public Num {
      byte[] octets = text.getBytes(StandardCharsets.UTF_8);
      NumberScan scan = new NumberScan();
      if (scan.scan(octets, 0, octets.length) < octets.length || !scan.whole()) {
        throw new IllegalArgumentException("not a JSON number: " + text);
      }
    }

    /// The number as a `long`.
    ///
    /// @return empty when it is written with a fraction or an exponent, or doesn't fit
    public OptionalLong asLong() {
      try {
        return OptionalLong.of(Long.parseLong(text));
      } catch (NumberFormatException e) {
        return OptionalLong.empty();
      }
    }

    /// The number as a `double`.
    ///
    /// @return the nearest one; infinite when it is too large
    public double asDouble() {
      return Double.parseDouble(text);
    }

    @Override
    public String kind() {
      return "a number";
    }
  }

  /// `true` or `false`.
  ///
  /// @param value which
  /// @param line where it stands
  record Bool(boolean value, int line) implements Json {
    @Override
    public String kind() {
      return "true or false";
    }
  }

  /// `null`.
  ///
  /// @param line where it stands
  record Null(int line) implements Json {
    @Override
    public String kind() {
      return "null";
    }
  }
}
