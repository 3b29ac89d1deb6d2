package llmhop.tool;

import java.util.Optional;
import java.util.OptionalLong;
import llmhop.json.Json;
import llmhop.json.JsonWriter;

/// Ollama's `POST /api/chat` and `POST /api/generate` (its docs/api.md): a line of JSON per token,
/// unless `stream` is false; durations in nanoseconds.
final class OllamaForm implements TextForm {
  /// Where the text stands, which is all that the two differ in.
  enum Kind {
    /// `/api/chat`
    CHAT,
    /// `/api/generate`
    GENERATE
  }

  private final Kind kind;

  OllamaForm(Kind kind) {
    this.kind = kind;
  }

  @Override
  public Ask read(Document body, int mostBlocks) throws Refused {
    String model = body.model();
    Prompt prompt =
        switch (kind) {
          case CHAT -> Prompt.of(mostBlocks, Optional.of(body.list("messages")));
          case GENERATE -> Prompt.of(mostBlocks, body.get("system"), body.get("prompt"));
        };
    return new Ask(model, prompt, limit(body), body.flag("stream", true), true);
  }

  @Override
  public Speech speech(Ask ask, String id, Time time) {
    return new Line(kind, ask, time);
  }

  @Override
  public String streamType() {
    return "application/x-ndjson";
  }

  /// `options.num_predict`, of which a negative one means no limit.
  private static OptionalLong limit(Document body) throws Refused {
    Document options = body.inner("options");
    boolean none =
        options.get("num_predict").filter(value -> value instanceof Json.Num).stream()
            .anyMatch(value -> ((Json.Num) value).asDouble() < 0);
    return none ? OptionalLong.empty() : options.count("num_predict");
  }

  private record Line(Kind kind, Ask ask, Time time) implements Speech {
    @Override
    public String piece(String token) {
      return begin(token).name("done").value(false).endObject() + "\n";
    }

    @Override
    public String ending(Output output) {
      return end("", output) + "\n";
    }

    @Override
    public String whole(Output output) {
      return end(output.text(), output);
    }

    private JsonWriter begin(String text) {
      var json = new JsonWriter().object().name("model").value(ask.model());
      json.name("created_at").value(time.instant().toString());
      return switch (kind) {
        case CHAT -> {
          json.name("message").object().name("role").value("assistant");
          yield json.name("content").value(text).endObject();
        }
        case GENERATE -> json.name("response").value(text);
      };
    }

    private String end(String text, Output output) {
      JsonWriter json = begin(text).name("done").value(true);
      json.name("done_reason").value(output.cut() ? "length" : "stop");
      json.name("total_duration").value(output.totalNanos()).name("load_duration").value(0);
      json.name("prompt_eval_count").value(ask.prompt().tokens());
      json.name("prompt_eval_duration").value(output.firstTokenNanos());
      json.name("eval_count").value(output.tokens());
      json.name("eval_duration").value(output.totalNanos() - output.firstTokenNanos());
      return json.endObject().toString();
    }
  }
}
