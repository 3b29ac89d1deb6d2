package llmhop.tool;

import java.util.Optional;
import java.util.OptionalLong;
import llmhop.json.JsonWriter;

/// `POST /v1/chat/completions` as OpenAI's API reference has it under "Chat Completions".
final class ChatForm implements TextForm {
  @Override
  public Ask read(Document body, int mostBlocks) throws Refused {
    String model = body.model();
    Prompt prompt = Prompt.of(mostBlocks, Optional.of(body.list("messages")));
    body.onlyOne("n");
    OptionalLong newer = body.count("max_completion_tokens");
    OptionalLong limit = newer.isPresent() ? newer : body.count("max_tokens");
    boolean usage = body.inner("stream_options").flag("include_usage", false);
    return new Ask(model, prompt, limit, body.flag("stream", false), usage);
  }

  @Override
  public Speech speech(Ask ask, String id, Time time) {
    return new Chat(ask, id, time);
  }

  private static final class Chat extends OpenAiSpeech {
    Chat(Ask ask, String id, Time time) {
      super(ask, "chatcmpl-" + id, time, "chat.completion", "chat.completion.chunk");
    }

    @Override
    public String opening(OptionalLong cachedTokens) {
      JsonWriter json = beginChunk().name("delta").object().name("role").value("assistant");
      return endChunk(json.name("content").value("").endObject(), "");
    }

    @Override
    void writePiece(JsonWriter json, String text) {
      json.name("delta").object();
      if (!text.isEmpty()) {
        json.name("content").value(text);
      }
      json.endObject();
    }

    @Override
    void writeWhole(JsonWriter json, String text) {
      json.name("message").object().name("role").value("assistant").name("content").value(text);
      json.name("refusal").nothing().endObject();
    }
  }
}
