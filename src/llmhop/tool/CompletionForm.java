package llmhop.tool;

import java.util.Optional;
import llmhop.json.Json;
import llmhop.json.JsonWriter;

/// `POST /v1/completions` as OpenAI's API reference has it under "Completions (Legacy)".
final class CompletionForm implements TextForm {
  @Override
  public Ask read(Document body, int mostBlocks) throws Refused {
    String model = body.model();
    Prompt prompt = Prompt.of(mostBlocks, Optional.of(onePrompt(body)));
    body.onlyOne("n");
    boolean usage = body.inner("stream_options").flag("include_usage", false);
    return new Ask(model, prompt, body.count("max_tokens"), body.flag("stream", false), usage);
  }

  @Override
  public Speech speech(Ask ask, String id, Time time) {
    return new Completion(ask, id, time);
  }

  /// A text, or one as tokens, or a list with one of these.
  private static Json onePrompt(Document body) throws Refused {
    Json prompt = body.required("prompt");
    if (prompt instanceof Json.Arr list
        && list.items().size() > 1
        && !(list.items().getFirst() instanceof Json.Num)) {
      throw Refused.badField("prompt", "the simulator takes one prompt per request");
    }
    if (prompt instanceof Json.Arr || prompt instanceof Json.Str) {
      return prompt;
    }
    throw Refused.badField("prompt", "must be a string or a list of tokens");
  }

  private static final class Completion extends OpenAiSpeech {
    Completion(Ask ask, String id, Time time) {
      super(ask, "cmpl-" + id, time, "text_completion", "text_completion");
    }

    @Override
    void writePiece(JsonWriter json, String text) {
      json.name("text").value(text);
    }

    @Override
    void writeWhole(JsonWriter json, String text) {
      json.name("text").value(text);
    }
  }
}
