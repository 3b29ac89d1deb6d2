package llmhop.tool;

import llmhop.json.JsonWriter;

/// What OpenAI's chat completions and completions have in common.
abstract class OpenAiSpeech implements Speech {
  private final Ask ask;
  private final String id;
  private final long createdSeconds;
  private final String object;
  private final String chunkObject;

  OpenAiSpeech(Ask ask, String id, Time time, String object, String chunkObject) {
    this.ask = ask;
    this.id = id;
    this.createdSeconds = time.instant().getEpochSecond();
    this.object = object;
    this.chunkObject = chunkObject;
  }

  /// Writes the member of a choice that holds a piece of a stream, also an empty one.
  abstract void writePiece(JsonWriter json, String text);

  /// Writes the member of a choice that holds all of the text.
  abstract void writeWhole(JsonWriter json, String text);

  @Override
  public final String piece(String token) {
    JsonWriter json = beginChunk();
    writePiece(json, token);
    return endChunk(json, "");
  }

  @Override
  public final String ending(Output output) {
    JsonWriter json = beginChunk();
    writePiece(json, "");
    String last = endChunk(json, reason(output));
    return last + (ask.streamUsage() ? usageChunk(output) : "") + "data: [DONE]\n\n";
  }

  @Override
  public final String whole(Output output) {
    JsonWriter json = begin(object).name("choices").array().object().name("index").value(0);
    writeWhole(json, output.text());
    json.name("logprobs").nothing().name("finish_reason").value(reason(output));
    json.endObject().endArray();
    usage(json, output);
    return json.endObject().toString();
  }

  /// A chunk up to the point where the choice's own member is written.
  final JsonWriter beginChunk() {
    return begin(chunkObject).name("choices").array().object().name("index").value(0);
  }

  /// @param reason why it ends; empty while it doesn't
  final String endChunk(JsonWriter json, String reason) {
    json.name("logprobs").nothing().name("finish_reason");
    if (reason.isEmpty()) {
      json.nothing();
    } else {
      json.value(reason);
    }
    json.endObject().endArray();
    if (ask.streamUsage()) {
      json.name("usage").nothing();
    }
    return Sse.data(json.endObject());
  }

  private JsonWriter begin(String kind) {
    var json = new JsonWriter().object().name("id").value(id).name("object").value(kind);
    return json.name("created").value(createdSeconds).name("model").value(ask.model());
  }

  private String usageChunk(Output output) {
    JsonWriter json = begin(chunkObject).name("choices").array().endArray();
    usage(json, output);
    return Sse.data(json.endObject());
  }

  private void usage(JsonWriter json, Output output) {
    json.name("usage").object().name("prompt_tokens").value(ask.prompt().tokens());
    json.name("total_tokens").value(ask.prompt().tokens() + output.tokens());
    json.name("completion_tokens").value(output.tokens());
    if (output.cachedTokens().isPresent()) {
      json.name("prompt_tokens_details").object().name("cached_tokens");
      json.value(output.cachedTokens().getAsLong()).endObject();
    }
    json.endObject();
  }

  private static String reason(Output output) {
    return output.cut() ? "length" : "stop";
  }
}
