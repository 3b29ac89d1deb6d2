package llmhop.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Replaces the references in one string.
///
/// `${env:NAME}`, `${file:PATH}` and `${cred:NAME}` may stand anywhere, and `<` `>` may stand for
/// the braces. `$NAME` is the whole string or a whole word after a blank. `$$` is one dollar.
final class SecretScanner {
  private static final Pattern REFERENCE =
      Pattern.compile("\\$\\{([^}]*)}|\\$<([^>]*)>|\\$([A-Za-z_][A-Za-z0-9_]*)(?=[ \\t]|\\z)");
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z0-9_.-]+");
  private static final String SPELLING = "${env:NAME}, ${file:PATH} or ${cred:NAME}";

  private final String text;
  private final Secrets secrets;
  private final StringBuilder out = new StringBuilder();
  private final StringBuilder outline = new StringBuilder();
  private final List<String> problems = new ArrayList<>();

  SecretScanner(String text, Secrets secrets) {
    this.text = text;
    this.secrets = secrets;
  }

  SecretText scan() {
    Matcher reference = REFERENCE.matcher(text);
    int at = 0;
    while (at < text.length()) {
      if (text.charAt(at) != '$') {
        append(text.charAt(at++));
      } else if (text.startsWith("$$", at)) {
        append('$');
        at += 2;
      } else if (reference.region(at, text.length()).lookingAt()) {
        replace(reference);
        at = reference.end();
      } else {
        problems.add(
            "a lone $, write $$ for a dollar, or " + SPELLING + " for a secret kept elsewhere");
        at++;
      }
    }
    return new SecretText(out.toString(), outline.toString(), problems);
  }

  private void append(char c) {
    out.append(c);
    outline.append(c);
  }

  private void replace(Matcher reference) {
    if (reference.group(3) != null) {
      replaceBare(reference);
      return;
    }
    String inside = reference.group(reference.group(1) != null ? 1 : 2);
    int colon = inside.indexOf(':');
    String name = inside.substring(colon + 1);
    switch (colon < 0 ? "" : inside.substring(0, colon)) {
      case "env" -> replace(reference, Secrets.Kind.ENV, name);
      case "file" -> replace(reference, Secrets.Kind.FILE, name);
      case "cred" -> replace(reference, Secrets.Kind.CRED, name);
      default ->
          problems.add("not a reference to a secret, write " + SPELLING + ", or $$ for a dollar");
    }
  }

  /// `$NAME` is taken for a reference only where nobody would write a dollar for itself.
  private void replaceBare(Matcher reference) {
    int start = reference.start();
    boolean afterBlank = start > 0 && " \t".indexOf(text.charAt(start - 1)) >= 0;
    boolean whole = start == 0 && reference.end() == text.length();
    if (afterBlank || whole) {
      replace(reference, Secrets.Kind.ENV, reference.group(3));
    } else {
      problems.add(
          "$NAME is a whole value or a whole word after a blank, elsewhere write ${env:NAME},"
              + " or $$ for a dollar");
    }
  }

  private void replace(Matcher reference, Secrets.Kind kind, String name) {
    if (!isSpelt(kind, name)) {
      problems.add(takes(kind));
      return;
    }
    try {
      Optional<String> value = secrets.resolve(kind, name);
      value.ifPresent(outline::append);
      out.append(value.orElse(reference.group()));
    } catch (UnresolvedException e) {
      problems.add(e.getMessage());
    }
  }

  private static boolean isSpelt(Secrets.Kind kind, String name) {
    return switch (kind) {
      case ENV -> VARIABLE.matcher(name).matches();
      case FILE -> !name.isEmpty() && !Words.hasControl(name);
      case CRED -> isPlain(name);
    };
  }

  private static boolean isPlain(String name) {
    return !name.isEmpty()
        && !name.equals(".")
        && !name.equals("..")
        && name.chars().noneMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c));
  }

  private static String takes(Secrets.Kind kind) {
    return switch (kind) {
      case ENV -> "${env:NAME} takes the name of an environment variable";
      case FILE -> "${file:PATH} takes the path of a file";
      case CRED -> "${cred:NAME} takes the plain name of a file in $CREDENTIALS_DIRECTORY";
    };
  }
}
