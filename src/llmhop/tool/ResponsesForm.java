package llmhop.tool;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.json.Json;
import llmhop.json.JsonWriter;

/// `POST /v1/responses` as OpenAI's API reference has it under "Responses" and "Streaming events".
/// Nothing is kept, so `previous_response_id` finds nothing and is refused.
final class ResponsesForm implements TextForm {
  @Override
  public Ask read(Document body, int mostBlocks) throws Refused {
    String model = body.model();
    Json input = body.required("input");
    if (!(input instanceof Json.Str) && !(input instanceof Json.Arr)) {
      throw Refused.badField("input", "must be a string or a list of items");
    }
    if (body.get("previous_response_id").isPresent()) {
      throw Refused.badField("previous_response_id", "the simulator keeps no responses");
    }
    Prompt prompt = Prompt.of(mostBlocks, body.get("instructions"), Optional.of(messages(input)));
    OptionalLong limit = body.count("max_output_tokens");
    return new Ask(model, prompt, limit, body.flag("stream", false), true);
  }

  /// A text is what the user says, as an item of a later turn will have it.
  private static Json messages(Json input) {
    if (input instanceof Json.Arr) {
      return input;
    }
    var role = new Json.Member("role", new Json.Str("user", 0), 0);
    return new Json.Obj(List.of(role, new Json.Member("content", input, 0)), 0);
  }

  @Override
  public Speech speech(Ask ask, String id, Time time) {
    return new Response(ask, id, time);
  }

  /// One response; its events are numbered through.
  private static final class Response implements Speech {
    private final Ask ask;
    private final String id;
    private final long createdSeconds;
    private int sequence;

    Response(Ask ask, String id, Time time) {
      this.ask = ask;
      this.id = id;
      this.createdSeconds = time.instant().getEpochSecond();
    }

    @Override
    public String greeting() {
      return state("response.created", Optional.empty())
          + state("response.in_progress", Optional.empty());
    }

    @Override
    public String opening(OptionalLong cachedTokens) {
      JsonWriter item = event("response.output_item.added").name("output_index").value(0);
      String added = send("response.output_item.added", item(item, Optional.empty()));
      return added + part("response.content_part.added", "");
    }

    @Override
    public String piece(String token) {
      JsonWriter json = inPart("response.output_text.delta").name("delta").value(token);
      return send("response.output_text.delta", json.name("logprobs").array().endArray());
    }

    @Override
    public String ending(Output output) {
      JsonWriter text = inPart("response.output_text.done").name("text").value(output.text());
      String done =
          send("response.output_text.done", text.name("logprobs").array().endArray())
              + part("response.content_part.done", output.text());
      JsonWriter item = event("response.output_item.done").name("output_index").value(0);
      return done
          + send("response.output_item.done", item(item, Optional.of(output)))
          + state("response." + status(Optional.of(output)), Optional.of(output));
    }

    @Override
    public String whole(Output output) {
      return response(new JsonWriter(), Optional.of(output)).toString();
    }

    private JsonWriter event(String name) {
      var json = new JsonWriter().object().name("type").value(name);
      return json.name("sequence_number").value(sequence++);
    }

    private static String send(String name, JsonWriter event) {
      return Sse.event(name, event.endObject());
    }

    private String state(String name, Optional<Output> output) {
      return send(name, response(event(name).name("response"), output));
    }

    private JsonWriter inPart(String name) {
      JsonWriter json = event(name).name("item_id").value("msg_" + id);
      return json.name("output_index").value(0).name("content_index").value(0);
    }

    private String part(String name, String text) {
      return send(name, text(inPart(name).name("part"), text));
    }

    private static JsonWriter text(JsonWriter json, String text) {
      json.object().name("type").value("output_text").name("text").value(text);
      return json.name("annotations").array().endArray().endObject();
    }

    /// The one item of the output, with its content when that is there.
    private JsonWriter item(JsonWriter json, Optional<Output> output) {
      return itemValue(json.name("item"), output);
    }

    private JsonWriter itemValue(JsonWriter json, Optional<Output> output) {
      json.object().name("id").value("msg_" + id).name("type").value("message");
      json.name("status").value(status(output)).name("role").value("assistant");
      json.name("content").array();
      output.ifPresent(made -> text(json, made.text()));
      return json.endArray().endObject();
    }

    private JsonWriter response(JsonWriter json, Optional<Output> output) {
      json.object().name("id").value("resp_" + id).name("object").value("response");
      json.name("created_at").value(createdSeconds).name("status").value(status(output));
      json.name("background").value(false).name("error").nothing().name("incomplete_details");
      if (output.filter(Output::cut).isPresent()) {
        json.object().name("reason").value("max_output_tokens").endObject();
      } else {
        json.nothing();
      }
      json.name("instructions").nothing().name("max_output_tokens");
      ask.maxTokens().ifPresentOrElse(json::value, json::nothing);
      json.name("metadata").object().endObject().name("model").value(ask.model());
      json.name("output").array();
      output.ifPresent(made -> itemValue(json, Optional.of(made)));
      json.endArray().name("parallel_tool_calls").value(true);
      json.name("previous_response_id").nothing().name("temperature").value(1.0);
      json.name("text").object().name("format").object().name("type").value("text");
      json.endObject().endObject().name("tool_choice").value("auto");
      json.name("tools").array().endArray().name("top_p").value(1.0);
      json.name("truncation").value("disabled").name("usage");
      output.ifPresentOrElse(made -> usage(json, made), json::nothing);
      return json.endObject();
    }

    private void usage(JsonWriter json, Output output) {
      long input = ask.prompt().tokens();
      json.object().name("input_tokens").value(input);
      json.name("input_tokens_details").object().name("cached_tokens");
      json.value(output.cachedTokens().orElse(0)).endObject();
      json.name("output_tokens").value(output.tokens());
      json.name("output_tokens_details").object().name("reasoning_tokens").value(0).endObject();
      json.name("total_tokens").value(input + output.tokens()).endObject();
    }

    private static String status(Optional<Output> output) {
      return output.map(made -> made.cut() ? "incomplete" : "completed").orElse("in_progress");
    }
  }
}
