package llmhop.observe;

import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.json.JsonWriter;

/// How an outcome looks as one line.
enum LineFormat {
  /// Aligned columns for people; `-` stands for what there isn't.
  TEXT {
    @Override
    String line(Outcome o) {
      var line = new StringBuilder(192);
      line.append(o.time().truncatedTo(ChronoUnit.MILLIS)).append(' ');
      line.append(o.status()).append(' ');
      pad(line, o.endedBy().word() + "@" + o.phase().word(), 20);
      pad(line, clean(o.caller()), 12);
      pad(line, clean(o.model().orElse("-")), 24);
      pad(line, clean(o.backend().orElse("-")), 24);
      if (o.tried() > 1) line.append("tried=").append(o.tried()).append(' ');
      if (o.queuedNanos() > 0) {
        line.append("queued=").append(millis(OptionalLong.of(o.queuedNanos()))).append(' ');
      }
      line.append("in=").append(o.bytesIn()).append(" out=").append(o.bytesOut());
      line.append(" head=").append(millis(o.headNanos()));
      line.append(" first=").append(millis(o.firstByteNanos()));
      line.append(" total=").append(millis(OptionalLong.of(o.totalNanos()))).append("ms ");
      line.append(clean(o.requestId())).append(' ');
      line.append(clean(o.method())).append(' ').append(clean(o.path()));
      o.error().ifPresent(code -> line.append(' ').append(code));
      o.detail().ifPresent(detail -> line.append(' ').append(JsonWriter.quote(cut(detail))));
      return line.toString();
    }

    @Override
    String missing(long lines, String why) {
      return "# " + lines + " lines were dropped: the log " + why;
    }
  },
  /// One JSON object a line; times in milliseconds; what there isn't is left out.
  JSON {
    @Override
    String line(Outcome o) {
      var json = new JsonWriter().object();
      json.name("time").value(o.time().truncatedTo(ChronoUnit.MILLIS).toString());
      json.name("status").value(o.status());
      json.name("ended_by").value(o.endedBy().word());
      json.name("phase").value(o.phase().word());
      json.name("caller").value(o.caller());
      put(json, "model", o.model());
      put(json, "backend", o.backend());
      if (o.tried() > 1) json.name("tried").value(o.tried());
      if (o.queuedNanos() > 0) put(json, "queued_ms", OptionalLong.of(o.queuedNanos()));
      json.name("bytes_in").value(o.bytesIn());
      json.name("bytes_out").value(o.bytesOut());
      put(json, "head_ms", o.headNanos());
      put(json, "first_byte_ms", o.firstByteNanos());
      put(json, "total_ms", OptionalLong.of(o.totalNanos()));
      json.name("request_id").value(o.requestId());
      json.name("method").value(cut(o.method()));
      json.name("path").value(cut(o.path()));
      put(json, "error", o.error());
      put(json, "detail", o.detail().map(LineFormat::cut));
      return json.endObject().toString();
    }

    @Override
    String missing(long lines, String why) {
      return new JsonWriter().object().name("dropped_lines").value(lines).endObject().toString();
    }
  };

  /// Longest text of outside origin that a line shows, in characters.
  private static final int LONGEST = 256;

  abstract String line(Outcome outcome);

  abstract String missing(long lines, String why);

  /// A word of a text line: what isn't visible ASCII (or could end the word) is escaped.
  private static String clean(String text) {
    String cut = cut(text);
    for (int i = 0; i < cut.length(); i++) {
      char c = cut.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\') {
        return JsonWriter.quote(cut);
      }
    }
    return cut.isEmpty() ? "\"\"" : cut;
  }

  private static String cut(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
  }

  private static void pad(StringBuilder line, String word, int width) {
    line.append(word).append(" ".repeat(Math.max(0, width - word.length()) + 1));
  }

  private static String millis(OptionalLong nanos) {
    return nanos.isEmpty() ? "-" : String.format(Locale.ROOT, "%.1f", nanos.getAsLong() / 1e6);
  }

  private static void put(JsonWriter json, String name, Optional<String> value) {
    value.ifPresent(text -> json.name(name).value(text));
  }

  private static void put(JsonWriter json, String name, OptionalLong nanos) {
    nanos.ifPresent(n -> json.name(name).value(Math.round(n / 1e4) / 1e2));
  }
}
