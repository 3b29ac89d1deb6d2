package llmhop.http.wire;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A `Content-Type`, read to the letter of RFC 9110 section 8.3.1: `type "/" subtype`, then
/// parameters without blanks around `=`.
///
/// The backend reads the field again, often less strictly. A field in which such a reader could
/// find a second `charset` or `boundary` is therefore malformed here:
/// - Python's `email` parser, which aiohttp uses, takes blanks around `=`, `charset*=` and
///   `charset*0=` (RFC 2231), and counts quotes in its own way.
/// - cpp-httplib (llama.cpp, whisper.cpp) takes the first text `boundary=` wherever it stands.
/// - Rack splits at each `;` and `,`, within quotes too.
/// - llama-swap and others look for `application/json` or `multipart/form-data` anywhere in the
///   field.
public final class ContentType {
  /// A request without the field.
  public static final ContentType NONE = new ContentType("", "", Map.of());

  /// The longest name of a type or subtype, in characters (RFC 6838 section 4.2).
  static final int MAX_NAME = 127;

  private static final String JSON = "application/json";
  private static final ContentType PLAIN_JSON = new ContentType(JSON, JSON, Map.of());

  /// The charsets in which a reader finds the same text as one that takes UTF-8.
  private static final Set<String> LIKE_UTF_8 = Set.of("utf-8", "utf8", "us-ascii");

  private static final Pattern CHARSET = Pattern.compile("charset");
  private static final Pattern BOUNDARY = Pattern.compile("boundary\\s*+\\*?[0-9]*+\\*?\\s*+=");

  private final String field;
  private final String type;
  private final Map<String, String> parameters;

  private ContentType(String field, String type, Map<String, String> parameters) {
    this.field = field;
    this.type = type;
    this.parameters = parameters;
  }

  /// Reads a field's value.
  ///
  /// @param text the value; empty is the same as no field
  /// @throws MalformedException when the value has another form, or can be read in two ways
  public static ContentType parse(String text) throws MalformedException {
    if (text.equals(JSON)) {
      return PLAIN_JSON;
    }
    if (text.isEmpty()) {
      return NONE;
    }
    String field = text.toLowerCase(Locale.ROOT);
    String type = FieldParameters.type(field);
    int slash = type.indexOf('/');
    if (slash < 0 || !isName(type.substring(0, slash)) || !isName(type.substring(slash + 1))) {
      throw new MalformedException("it is not type/subtype; name=value");
    }
    Map<String, String> parameters = FieldParameters.parse(text);
    checkOnce("charset", CHARSET, field, parameters);
    checkOnce("boundary", BOUNDARY, field, parameters);
    return new ContentType(field, type, parameters);
  }

  private static boolean isName(String text) {
    return text.length() <= MAX_NAME && Grammar.isToken(text);
  }

  /// A word stands in the field as often as its parameter does: never or once.
  private static void checkOnce(
      String name, Pattern word, String field, Map<String, String> parameters)
      throws MalformedException {
    int found = 0;
    if (field.contains(name)) {
      Matcher matcher = word.matcher(field);
      while (matcher.find()) found++;
    }
    if (found != (parameters.containsKey(name) ? 1 : 0)) {
      throw new MalformedException("it can be read as two of " + name);
    }
  }

  /// Whether this is the type, with any parameters.
  ///
  /// @param name such as `multipart/form-data`, in lower case
  public boolean is(String name) {
    return type.equals(name);
  }

  /// The type in lower case, without parameters; `""` for none.
  public String type() {
    return type;
  }

  /// Whether some reader takes the body for JSON: the word stands anywhere in the field.
  public boolean mentionsJson() {
    return field.contains("json");
  }

  /// Whether every reader that goes by `charset` reads the body as UTF-8.
  public boolean isUtf8() {
    String charset = parameters.get("charset");
    return charset == null || LIKE_UTF_8.contains(charset.toLowerCase(Locale.ROOT));
  }

  /// Returns the boundary of a form (RFC 2046 section 5.1.1): 1 to 70 characters, not ending with a
  /// blank.
  ///
  /// @throws MalformedException when this is no form, or its boundary is another
  String boundary() throws MalformedException {
    if (!is("multipart/form-data")) {
      throw new MalformedException("Content-Type is not multipart/form-data");
    }
    if (!isUtf8()) {
      throw new MalformedException("the form's charset is not UTF-8");
    }
    String boundary = parameters.get("boundary");
    if (boundary == null || boundary.isEmpty() || boundary.length() > 70) {
      throw new MalformedException("Content-Type needs a boundary of 1 to 70 characters");
    }
    for (char c : boundary.toCharArray()) {
      boolean letterOrDigit = c < 128 && Character.isLetterOrDigit(c);
      if (!letterOrDigit && "'()+_,-./:=? ".indexOf(c) < 0) {
        throw new MalformedException("the boundary holds characters that it may not");
      }
    }
    if (boundary.endsWith(" ")) {
      throw new MalformedException("the boundary ends with a blank");
    }
    return boundary;
  }
}
