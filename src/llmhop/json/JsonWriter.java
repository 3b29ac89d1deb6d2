package llmhop.json;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;

/// Writes one JSON value as compact text, a call per token. Not for use by several threads.
///
/// A call that would not be JSON is refused with an `IllegalStateException`: a value without a name
/// in an object, a name in an array, an end without its beginning, a second value, the text of a
/// value that isn't complete. Whether a name stands twice in an object is not looked at.
///
/// What it writes contains no raw controls (DEL and U+0080 to U+009F among them), no U+2028 and
/// U+2029, which end lines in JavaScript, and no lone surrogates: all these are escaped.
public final class JsonWriter {

  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private final StringBuilder out = new StringBuilder();

  /// For each level whether it is an object.
  private final BitSet objects = new BitSet();

  private int depth;

  /// Whether something precedes on this level, so that the next needs a comma.
  private boolean follows;

  /// Whether a name waits for its value.
  private boolean named;

  /// Makes a writer of one value.
  public JsonWriter() {}

  /// Begins an object.
  ///
  /// @return this
  public JsonWriter object() {
    return begin('{', true);
  }

  /// Ends the object.
  ///
  /// @return this
  public JsonWriter endObject() {
    return end('}', true);
  }

  /// Begins an array.
  ///
  /// @return this
  public JsonWriter array() {
    return begin('[', false);
  }

  /// Ends the array.
  ///
  /// @return this
  public JsonWriter endArray() {
    return end(']', false);
  }

  /// The name of the member whose value is written next.
  ///
  /// @param name any characters
  /// @return this
  public JsonWriter name(String name) {
    check(inObject() && !named, "a name");
    comma();
    quote(name, out);
    out.append(':');
    named = true;
    follows = false;
    return this;
  }

  /// A string.
  ///
  /// @param text any characters
  /// @return this
  public JsonWriter value(String text) {
    beginValue();
    quote(text, out);
    return endValue();
  }

  /// A whole number.
  ///
  /// @param number any; beyond 2^53 many readers lose digits
  /// @return this
  public JsonWriter value(long number) {
    beginValue();
    out.append(number);
    return endValue();
  }

  /// A number, in the fewest digits that give it back.
  ///
  /// @param number any that is finite; JSON has no others
  /// @return this
  /// @throws IllegalArgumentException when it is not
  public JsonWriter value(double number) {
    if (!Double.isFinite(number)) {
      throw new IllegalArgumentException("JSON has no " + number);
    }
    beginValue();
    out.append(number);
    return endValue();
  }

  /// True or false.
  ///
  /// @param flag which
  /// @return this
  public JsonWriter value(boolean flag) {
    beginValue();
    out.append(flag);
    return endValue();
  }

  /// A null.
  ///
  /// @return this
  public JsonWriter nothing() {
    beginValue();
    out.append("null");
    return endValue();
  }

  /// A whole value, its numbers as they were written.
  ///
  /// @param value any
  /// @return this
  public JsonWriter json(Json value) {
    return switch (value) {
      case Json.Obj object -> {
        object();
        object.members().forEach(member -> name(member.name()).json(member.value()));
        yield endObject();
      }
      case Json.Arr array -> {
        array();
        array.items().forEach(this::json);
        yield endArray();
      }
      case Json.Str string -> value(string.value());
      case Json.Num number -> {
        beginValue();
        out.append(number.text());
        yield endValue();
      }
      case Json.Bool flag -> value(flag.value());
      case Json.Null _ -> nothing();
    };
  }

  /// The text of the value.
  ///
  /// @return JSON text, all on one line
  @Override
  public String toString() {
    check(depth == 0 && follows, "the text");
    return out.toString();
  }

  /// The text of the value.
  ///
  /// @return JSON text in UTF-8, without a byte order mark
  public byte[] toBytes() {
    return toString().getBytes(StandardCharsets.UTF_8);
  }

  /// A string in JSON's spelling.
  ///
  /// @param text any characters
  /// @return the text with its quotes
  public static String quote(String text) {
    StringBuilder out = new StringBuilder(text.length() + 2);
    quote(text, out);
    return out.toString();
  }

  private JsonWriter begin(char bracket, boolean object) {
    beginValue();
    out.append(bracket);
    objects.set(depth++, object);
    follows = false;
    return this;
  }

  private JsonWriter end(char bracket, boolean object) {
    check(depth > 0 && inObject() == object && !named, String.valueOf(bracket));
    out.append(bracket);
    depth--;
    return endValue();
  }

  private void beginValue() {
    check(inObject() ? named : depth > 0 || !follows, "a value");
    comma();
    named = false;
  }

  private JsonWriter endValue() {
    follows = true;
    return this;
  }

  private void comma() {
    if (follows) {
      out.append(',');
    }
  }

  private boolean inObject() {
    return depth > 0 && objects.get(depth - 1);
  }

  private void check(boolean right, String what) {
    if (!right) {
      throw new IllegalStateException(what + " can't stand here: " + place());
    }
  }

  private String place() {
    if (depth == 0) {
      return follows ? "the value is complete" : "nothing is written yet";
    }
    return inObject() ? named ? "after a name" : "in an object" : "in an array";
  }

  private static void quote(String text, StringBuilder out) {
    out.append('"');
    int plain = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (isPlain(c) || isPair(text, i)) {
        i += Character.isSurrogate(c) ? 1 : 0;
        continue;
      }
      out.append(text, plain, i);
      escape(c, out);
      plain = i + 1;
    }
    out.append(text, plain, text.length()).append('"');
  }

  private static boolean isPlain(char c) {
    return c < 0x7f
        ? c >= ' ' && c != '"' && c != '\\'
        : c > 0x9f && c != 0x2028 && c != 0x2029 && !Character.isSurrogate(c);
  }

  private static boolean isPair(String text, int at) {
    return at + 1 < text.length()
        && Character.isSurrogatePair(text.charAt(at), text.charAt(at + 1));
  }

  private static void escape(char c, StringBuilder out) {
    switch (c) {
      case '"', '\\' -> out.append('\\').append(c);
      case '\b' -> out.append("\\b");
      case '\f' -> out.append("\\f");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        out.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
          out.append(HEX[c >> shift & 0xf]);
        }
      }
    }
  }
}
