package llmhop.tool;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import llmhop.json.JsonWriter;

/// `GET /v1/models` and `GET /v1/models/{id}`, with the members that vLLM adds to OpenAI's.
final class Catalog {
  private static final int MAX_MODEL_LEN = 131_072;

  private final List<String> models;
  private final Instant started;

  Catalog(List<String> models, Instant started) {
    this.models = List.copyOf(models);
    this.started = started;
  }

  void list(Call call) throws IOException {
    var json = new JsonWriter().object().name("object").value("list").name("data").array();
    models.forEach(model -> write(json, model));
    call.json(200, json.endArray().endObject());
  }

  /// @param model one that is served
  void one(Call call, String model) throws IOException {
    JsonWriter json = new JsonWriter();
    write(json, model);
    call.json(200, json);
  }

  private void write(JsonWriter json, String model) {
    json.object().name("id").value(model).name("object").value("model");
    json.name("created").value(started.getEpochSecond()).name("owned_by").value("simulated");
    json.name("root").value(model).name("parent").nothing();
    json.name("max_model_len").value(MAX_MODEL_LEN).endObject();
  }
}
