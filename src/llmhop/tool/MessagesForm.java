package llmhop.tool;

import java.util.Optional;
import java.util.OptionalLong;
import llmhop.json.JsonWriter;

/// `POST /v1/messages` as Anthropic's API reference has it under "Messages" and "Streaming".
final class MessagesForm implements TextForm {
  @Override
  public Ask read(Document body, int mostBlocks) throws Refused {
    Ask ask = readPrompt(body, mostBlocks);
    OptionalLong limit = body.count("max_tokens");
    if (limit.isEmpty()) {
      throw Refused.badField("max_tokens", "field required");
    }
    return new Ask(ask.model(), ask.prompt(), limit, body.flag("stream", false), true);
  }

  /// What is counted by `POST /v1/messages/count_tokens`, which sets no limit to the answer.
  static Ask readPrompt(Document body, int mostBlocks) throws Refused {
    String model = body.model();
    Prompt prompt = Prompt.of(mostBlocks, body.get("system"), Optional.of(body.list("messages")));
    return new Ask(model, prompt, OptionalLong.empty(), false, false);
  }

  @Override
  public Speech speech(Ask ask, String id, Time time) {
    return new Message(ask, "msg_" + id);
  }

  private record Message(Ask ask, String id) implements Speech {
    @Override
    public String opening(OptionalLong cachedTokens) {
      JsonWriter start = event("message_start").name("message");
      message(start, Optional.empty(), cachedTokens);
      JsonWriter block = event("content_block_start").name("index").value(0).name("content_block");
      text(block, "");
      return send("message_start", start)
          + send("content_block_start", block)
          + send("ping", event("ping"));
    }

    @Override
    public String piece(String token) {
      JsonWriter json = event("content_block_delta").name("index").value(0);
      json.name("delta").object().name("type").value("text_delta").name("text").value(token);
      return send("content_block_delta", json.endObject());
    }

    @Override
    public String ending(Output output) {
      JsonWriter delta = event("message_delta").name("delta").object();
      reason(delta, Optional.of(output));
      delta.endObject().name("usage").object();
      delta.name("output_tokens").value(output.tokens()).endObject();
      return send("content_block_stop", event("content_block_stop").name("index").value(0))
          + send("message_delta", delta)
          + send("message_stop", event("message_stop"));
    }

    @Override
    public String whole(Output output) {
      JsonWriter json = new JsonWriter();
      message(json, Optional.of(output), output.cachedTokens());
      return json.toString();
    }

    private static JsonWriter event(String name) {
      return new JsonWriter().object().name("type").value(name);
    }

    private static String send(String name, JsonWriter event) {
      return Sse.event(name, event.endObject());
    }

    private void message(JsonWriter json, Optional<Output> output, OptionalLong cachedTokens) {
      json.object().name("id").value(id).name("type").value("message");
      json.name("role").value("assistant").name("model").value(ask.model());
      json.name("content").array();
      output.ifPresent(made -> text(json, made.text()));
      json.endArray();
      reason(json, output);
      // Of this API's tokens each is counted once: as input, or as read from the cache.
      long read = cachedTokens.orElse(0);
      json.name("usage").object().name("input_tokens").value(ask.prompt().tokens() - read);
      if (cachedTokens.isPresent()) {
        json.name("cache_read_input_tokens").value(read);
      }
      json.name("output_tokens").value(output.map(Output::tokens).orElse(0)).endObject();
      json.endObject();
    }

    private static void text(JsonWriter json, String text) {
      json.object().name("type").value("text").name("text").value(text).endObject();
    }

    private static void reason(JsonWriter json, Optional<Output> output) {
      json.name("stop_reason");
      output.ifPresentOrElse(
          made -> json.value(made.cut() ? "max_tokens" : "end_turn"), json::nothing);
      json.name("stop_sequence").nothing();
    }
  }
}
