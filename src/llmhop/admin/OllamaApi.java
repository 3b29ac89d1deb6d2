package llmhop.admin;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import llmhop.json.Json;
import llmhop.json.JsonException;
import llmhop.json.JsonWriter;
import llmhop.route.Exchange;
import llmhop.route.Local;
import llmhop.route.Refusal;

/// What Ollama's clients ask before they chat: `/api/tags`, `/api/ps`, `/api/version`, `/api/show`.
///
/// We know names, not weights: sizes are 0 and digests are empty, which the clients show as such.
///
/// @see <a href="https://github.com/ollama/ollama/blob/main/docs/api.md">Ollama's API</a>
final class OllamaApi {
  /// The version of Ollama whose answers these follow; some clients refuse older ones.
  private static final String FOLLOWS = "0.12.0";

  /// A request to show a model is a name; more than this is not one, in bytes.
  private static final int LARGEST_SHOW = 16 * 1024;

  private final Instant modified;

  OllamaApi(Instant started) {
    this.modified = started.truncatedTo(ChronoUnit.SECONDS);
  }

  /// The models that there are.
  Local.Page tags() {
    return Answers.overview(
        (exchange, caller, routes) -> {
          var json = new JsonWriter().object().name("models").array();
          for (String name : routes.listed(caller)) {
            entry(json, name).endObject();
          }
          return json.endArray().endObject();
        });
  }

  /// The models that are loaded: all of them, since their engines hold them all the time.
  Local.Page running() {
    return Answers.overview(
        (exchange, caller, routes) -> {
          var json = new JsonWriter().object().name("models").array();
          for (String name : routes.listed(caller)) {
            entry(json, name).name("expires_at").value("9999-12-31T23:59:59Z");
            json.name("size_vram").value(0).endObject();
          }
          return json.endArray().endObject();
        });
  }

  private JsonWriter entry(JsonWriter json, String name) {
    json.object().name("name").value(name).name("model").value(name);
    json.name("modified_at")
        .value(modified.toString())
        .name("size")
        .value(0)
        .name("digest")
        .value("");
    return details(json);
  }

  private static JsonWriter details(JsonWriter json) {
    json.name("details").object().name("parent_model").value("").name("format").value("");
    json.name("family").value("").name("families").array().endArray();
    json.name("parameter_size").value("").name("quantization_level").value("");
    return json.endObject();
  }

  /// Which Ollama this is like.
  Local.Page version() {
    return (exchange, caller, routes) ->
        Answers.json(
            exchange, 200, new JsonWriter().object().name("version").value(FOLLOWS).endObject());
  }

  /// What is known of one model.
  Local.Page show() {
    return (exchange, caller, routes) -> {
      routes.visible(askedName(exchange), caller);
      var json = new JsonWriter().object().name("modelfile").value("");
      json.name("parameters").value("").name("template").value("");
      details(json).name("model_info").object().endObject();
      json.name("capabilities").array().value("completion").endArray();
      Answers.json(exchange, 200, json.name("modified_at").value(modified.toString()).endObject());
    };
  }

  private static String askedName(Exchange exchange) {
    byte[] body = exchange.readAll(LARGEST_SHOW);
    try {
      if (Json.parse(body) instanceof Json.Obj object) {
        Optional<Json> name = object.get("model").or(() -> object.get("name"));
        if (name.isPresent() && name.get() instanceof Json.Str text && !text.value().isEmpty()) {
          return text.value();
        }
      }
      throw Refusal.missingModel("Send a JSON object that names a 'model'.");
    } catch (JsonException e) {
      throw Refusal.invalidJson("The request body is not valid JSON: " + e.getMessage() + ".");
    }
  }
}
