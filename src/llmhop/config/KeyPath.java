package llmhop.config;

import java.util.regex.Pattern;

/// Spells where in the file a value stands: `models.llama.urls[1]`, `models["a.b"].url`.
final class KeyPath {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_-]{1,80}");

  private KeyPath() {}

  static String member(String path, String key) {
    if (!PLAIN.matcher(key).matches()) {
      return path + "[" + Words.quoted(key) + "]";
    }
    return path.isEmpty() ? key : path + "." + key;
  }

  static String item(String path, int index) {
    return path + "[" + index + "]";
  }
}
