package llmhop.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Reads one JSON text by recursive descent and keeps count of the lines.
final class JsonParser {

  private final byte[] text;
  private final StringScan strings = new StringScan();
  private final NumberScan numbers = new NumberScan();
  private int at;
  private int depth;
  private int line = 1;
  private int lineStart;

  JsonParser(byte[] text) {
    this.text = text;
  }

  /// The one value of the text.
  Json document() throws JsonException {
    if (startsWith(WordScan.BYTE_ORDER_MARK)) {
      at = WordScan.BYTE_ORDER_MARK.length;
      lineStart = at;
    }
    blanks();
    Json value = value();
    blanks();
    if (at < text.length) {
      throw expected("nothing more");
    }
    return value;
  }

  private Json value() throws JsonException {
    return switch (at < text.length ? text[at] : -1) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> new Json.Str(string(), line);
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
      case 't' -> word(WordScan.TRUE, new Json.Bool(true, line));
      case 'f' -> word(WordScan.FALSE, new Json.Bool(false, line));
      case 'n' -> word(WordScan.NULL, new Json.Null(line));
      default -> throw expected("a value");
    };
  }

  private Json object() throws JsonException {
    int begin = line;
    List<Json.Member> members = new ArrayList<>();
    Map<String, Integer> lines = new HashMap<>();
    deeper();
    if (!found('}')) {
      do {
        blanks();
        members.add(member(lines));
        blanks();
      } while (more('}'));
    }
    depth--;
    return new Json.Obj(members, begin);
  }

  /// @param lines the names of the object so far and where they stand
  private Json.Member member(Map<String, Integer> lines) throws JsonException {
    int begin = at;
    if (at == text.length || text[at] != '"') {
      throw expected("a name in double quotes");
    }
    String name = string();
    Integer first = lines.putIfAbsent(name, line);
    if (first != null) {
      throw wrong(JsonWriter.quote(name) + " stands here again, first on line " + first, begin);
    }
    int nameLine = line;
    blanks();
    if (!found(':')) {
      throw expected("a colon");
    }
    blanks();
    return new Json.Member(name, value(), nameLine);
  }

  private Json array() throws JsonException {
    int begin = line;
    List<Json> items = new ArrayList<>();
    deeper();
    if (!found(']')) {
      do {
        blanks();
        items.add(value());
        blanks();
      } while (more(']'));
    }
    depth--;
    return new Json.Arr(items, begin);
  }

  private void deeper() throws JsonException {
    if (++depth > Json.MAX_DEPTH) {
      throw wrong("objects and arrays are nested deeper than " + Json.MAX_DEPTH, at);
    }
    at++;
    blanks();
  }

  /// Whether a comma follows, not the end of the object or array.
  private boolean more(char end) throws JsonException {
    if (found(end)) {
      return false;
    }
    int comma = at;
    if (!found(',')) {
      throw expected("a comma or " + end);
    }
    int commaLine = line;
    int commaLineStart = lineStart;
    blanks();
    if (at < text.length && text[at] == end) {
      line = commaLine;
      lineStart = commaLineStart;
      throw wrong("the comma before " + end + " must go", comma);
    }
    return true;
  }

  private boolean found(char wanted) {
    boolean found = at < text.length && text[at] == wanted;
    at += found ? 1 : 0;
    return found;
  }

  private String string() throws JsonException {
    int begin = at + 1;
    strings.reset();
    at = strings.scan(text, begin, text.length);
    if (strings.broken()) {
      throw wrong(strings.problem(text[at]), at);
    }
    if (!strings.closed()) {
      throw expected("the closing quote of a string");
    }
    return RawString.decode(text, begin, at - 1);
  }

  private Json number() throws JsonException {
    int begin = at;
    numbers.reset();
    at = numbers.scan(text, begin, text.length);
    if (!numbers.whole()) {
      throw expected("a digit");
    }
    return new Json.Num(new String(text, begin, at - begin, StandardCharsets.US_ASCII), line);
  }

  private Json word(byte[] word, Json value) throws JsonException {
    if (!startsWith(word)) {
      throw wrong("expected a value; is it " + value.kind() + " that is meant?", at);
    }
    at += word.length;
    return value;
  }

  private boolean startsWith(byte[] octets) {
    return text.length - at >= octets.length
        && Arrays.equals(text, at, at + octets.length, octets, 0, octets.length);
  }

  private void blanks() {
    while (at < text.length && Octets.isBlank(text[at])) {
      if (text[at++] == '\n') {
        line++;
        lineStart = at;
      }
    }
  }

  private JsonException expected(String wanted) {
    if (at == text.length) {
      return wrong("expected " + wanted + " but the text ended", at);
    }
    if (text[at] == '/' || text[at] == '#') {
      return wrong("expected " + wanted + " but found a comment, which JSON doesn't have", at);
    }
    return wrong("expected " + wanted + " but found " + Octets.shown(text[at]), at);
  }

  private JsonException wrong(String problem, int offset) {
    int column = 1;
    for (int i = lineStart; i < offset; i++) {
      // Octets 10xxxxxx go on with a character.
      column += (text[i] & 0xc0) == 0x80 ? 0 : 1;
    }
    return new JsonException(problem, line, column, offset);
  }
}
