package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Names of parts as other parsers read them. The readers of [#readings] are written after those
/// parsers and share nothing with the program.
final class PartNameTest {
  private static final String START = "Content-Disposition: form-data; ";

  private static PartName.Match match(String disposition) throws MalformedException {
    return PartHead.parse(START + disposition + "\r\n\r\n").match("model");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name=\"x\"; filename=\"a;name=model\"",
        "filename=\"a;name=model\"; name=\"x\"",
        "filename=\"a;name=model;b\"; name=\"x\"",
        "filename=\"a; NAME = \\\"model\\\"\"; name=\"x\"",
        "filename=\"a\\\\\"; x=\"; name=model; y=\"; name=y",
        "filename=\"a name=model b\"; name=\"x\"",
        "filename=\"a;name=b=model;c\"; name=\"x\"",
        "filename=\"a;name*=utf-8''model\"; name=\"x\"",
        "filename=\"a;name*0=model\"; name=\"x\"",
        "filename=\"a;\\\"name\\\"=model;b\"; name=\"x\"",
        "filename=\"model\"; name=\"x\"",
        "x-name=model; name=\"x\"",
        "name=\"x\\\"; name=\\\"model\"",
        "name=\"model;x\"",
        "name=\"x;name=model\"",
        "name=\"model\"; x=\"a;name=y\"",
        "name=\"x=model\"",
        "name=\"x=model;\"",
        "name=\"x=model;y\"",
        "name=\"=model;\"",
        "name=\"x=model=;\"",
        "name=\"x=model= = ;\"",
        "name=\"x\"; filename=\"a;=name=b=model;\"",
        "name=\"filename=model;\"",
        "name=\"a=b=model;\"; filename=\"c.wav\"",
        "filename=\"c.wav\"; name=\"x=model;\"",
        "name=\"model[]\"",
        "name=\"model[]\"; filename=\"a\"",
        "name=\"model[0]\"",
        "name=\"model[a][b]\"",
        "name=\"model[\"",
        "name=\"model]\"",
        "name=\"[model]\"",
        "name=\"Model[]\"",
        "name=\"mod%65l%5B%5D\"",
        "name=\"%256dodel\"",
        "name=\"model.\"",
        "name=\"model \"",
        "name=\"model%00\"",
        "name=\"/model\"",
        "name=\"\\\\/model\"",
        "name=\"<model>\"",
        "name=\"'model'\"",
        "name='model'"
      })
  void nameThatSomeReaderTakesForTheWantedOneIsFound(String disposition) throws MalformedException {
    assertEquals(PartName.Match.PERHAPS, match(disposition));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name=\"image[]\"; filename=\"a;b;c.png\"",
        "name=\"include[]\"",
        "name=\"timestamp_granularities[]\"",
        "name=\"known_speaker_names[]\"",
        "name=\"expires_after[anchor]\"",
        "name=\"metadata[model]\"",
        "name=\"model_name\"",
        "name=\"models\"",
        "name=\"supermodel\"",
        "name=\"model-x\"",
        "name=\"file\"; filename=\"model\"",
        "name=\"file\"; filename=\"model.gguf\"",
        "name=\"file\"; filename=\"rename=model\"",
        "name=\"file\"; filename=\"name;model=a.wav\"",
        "name=\"file\"; filename=\"a;model=b;model.wav\"",
        "name=\"x=y;model\"",
        "name=\"file\"; filename=\"x=model;.wav\"",
        "name=\"file\"; filename=\"a;name=other.wav\"",
        "name=\"file\"; filename=\"a\\\"b;c.wav\"",
        "name=\"file\"; filename=\"C:\\\\models\\\\\"",
        "name=\"file\"; filename=\"=?utf-8?B?bW9kZWw=?=\"",
        "name=\"file\"; filename=\"a.wav\"; filename*=UTF-8''a%3Bname%20model.wav",
        "name=\"filename\"",
        "name=file; filename=a.wav"
      })
  void nameThatNoReaderTakesForTheWantedOneIsAnother(String disposition) throws MalformedException {
    assertEquals(PartName.Match.OTHER, match(disposition));
  }

  @Test
  void wantedNameIsFoundInTheOtherFieldsOfAHead() throws MalformedException {
    String x = "Content-Disposition: form-data; name=\"x\"\r\n";
    for (String line :
        new String[] {
          "X: Content-Disposition: form-data; name=\"model\"", "Content-Type: a/b; name=model"
        }) {
      assertEquals(
          PartName.Match.PERHAPS, PartHead.parse(line + "\r\n" + x + "\r\n").match("model"));
      assertEquals(PartName.Match.PERHAPS, PartHead.parse(x + line + "\r\n\r\n").match("model"));
    }
    String type = "Content-Type: audio/wav; name=\"a.wav\"\r\n";
    assertEquals(PartName.Match.OTHER, PartHead.parse(x + type + "\r\n").match("model"));
  }

  @Test
  void partWithinAPartIsRefused() {
    String head = "Content-Type: Multipart/mixed; boundary=c\r\n" + START + "name=x\r\n\r\n";
    assertThrows(MalformedException.class, () -> PartHead.parse(head));
  }

  @Test
  void headHasABoundedNumberOfNames() throws MalformedException {
    String most = "name=x" + "; x=\";name=\"".repeat(PartName.MAX_NAMES - 1);
    assertEquals(PartName.Match.OTHER, match(numbered(most)));
    assertEquals(PartName.Match.PERHAPS, match(numbered(most + "; x=\";name=\"")));
  }

  private static String numbered(String parameters) {
    String text = parameters;
    for (int i = 0; text.contains("; x="); i++) text = text.replaceFirst("; x=", "; x" + i + "=");
    return text;
  }

  // ---- against other parsers

  @Test
  void noReaderFindsTheWantedNameWhereTheScanFindsAnother() {
    long seed = Long.getLong("llmhop.fuzz.seed", System.nanoTime());
    var random = new Random(seed);
    String[] bits = {
      "; ",
      ";",
      "name",
      "filename",
      "=",
      "=",
      "\"",
      "\"",
      "\\",
      "\\\"",
      "\\\\",
      "model",
      "model",
      "x",
      "%22",
      "'",
      " ",
      "*",
      "*0",
      "[]",
      "[",
      "]",
      "/",
      "<",
      ">",
      ".",
      ",",
      "name=model",
      "; name=\"x\"",
      "; filename=\"a",
      "utf-8''",
      "Name"
    };
    int judged = 0;
    int alarms = 0;
    for (int i = 0; i < 60_000; i++) {
      String[] starts = {"name=\"x\"; filename=\"", "filename=\"", "name=\""};
      var text = new StringBuilder(starts[random.nextInt(starts.length)]);
      for (int n = random.nextInt(14); n > 0; n--) text.append(bits[random.nextInt(bits.length)]);
      text.append(random.nextBoolean() ? "\"" : "\"; name=x");
      String disposition = text.toString();
      boolean other;
      try {
        other = match(disposition) == PartName.Match.OTHER;
      } catch (MalformedException e) {
        continue;
      }
      judged++;
      for (String name : readings(disposition)) {
        if (name.equals("model")) {
          alarms++;
          String said = "seed " + seed + ": " + disposition;
          assertTrue(!other, said);
        }
      }
    }
    assertTrue(judged > 1_000 && alarms > 100, judged + " judged, " + alarms + " alarms");
  }

  private static List<String> readings(String disposition) {
    List<String> names = new ArrayList<>();
    names.add(cppHttplib(disposition));
    names.add(email(disposition));
    names.add(noEscapes(disposition));
    names.add(pattern("\\bname=(\"([^\"]*)\"|([^()<>@,;:\\\\\"/\\[\\]?={}\\s]+))", disposition));
    names.add(pattern("name=(\"((?:\\\\\"|[^\"])*)\"|([^;\\s\"]+))", disposition));
    names.add(pattern(".*[;\\s]name=(\"((?:\\\\\"|[^\"])*)\"|([^;\\s\",]+))", "; " + disposition));
    names.replaceAll(name -> name.toLowerCase(Locale.ROOT).replaceAll("\\[.*", "").strip());
    return names;
  }

  private static String unquoted(String text) {
    String bare = text.strip();
    boolean quoted = bare.length() > 1 && bare.startsWith("\"") && bare.endsWith("\"");
    return quoted ? bare.substring(1, bare.length() - 1) : bare;
  }

  /// Splits at every `;`; the first name counts.
  private static String cppHttplib(String text) {
    for (String pair : text.split(";")) {
      String[] halves = pair.split("=");
      List<String> texts = new ArrayList<>(List.of(halves));
      texts.removeIf(String::isBlank);
      if (texts.size() > 1 && unquoted(texts.getFirst()).equalsIgnoreCase("name")) {
        return unquoted(texts.getLast());
      }
    }
    return "";
  }

  /// Splits at a `;` before which the quotes without a backslash are even; the last name counts.
  private static String email(String all) {
    String text = ";" + all;
    Map<String, String> found = new HashMap<>();
    while (text.startsWith(";")) {
      text = text.substring(1);
      int end = text.indexOf(';');
      while (end > 0 && isOdd(text.substring(0, end))) end = text.indexOf(';', end + 1);
      end = end < 0 ? text.length() : end;
      int equals = text.substring(0, end).indexOf('=');
      if (equals >= 0) {
        String value = text.substring(equals + 1, end).strip();
        boolean angled = value.startsWith("<") && value.endsWith(">") && value.length() > 1;
        found.put(
            text.substring(0, equals).strip().toLowerCase(Locale.ROOT),
            angled
                ? value.substring(1, value.length() - 1)
                : unquoted(value).replace("\\\\", "\\").replace("\\\"", "\""));
      }
      text = text.substring(end);
    }
    return found.getOrDefault("name", "");
  }

  private static boolean isOdd(String text) {
    return (text.split("\"", -1).length - text.split("\\\\\"", -1).length) % 2 != 0;
  }

  /// Ends a quoted value at the next quote, whatever stands before it; the last name counts.
  private static String noEscapes(String text) {
    String name = "";
    Matcher matcher =
        Pattern.compile("(?:^|;)\\s*([^;=\\s\"]+)\\s*=\\s*(\"[^\"]*\"|[^;]*)").matcher(text);
    while (matcher.find()) {
      if (matcher.group(1).equalsIgnoreCase("name")) name = unquoted(matcher.group(2));
    }
    return name;
  }

  private static String pattern(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern, Pattern.CASE_INSENSITIVE).matcher(text);
    if (!matcher.find()) {
      return "";
    }
    return matcher.group(2) == null ? matcher.group(3) : matcher.group(2);
  }
}
