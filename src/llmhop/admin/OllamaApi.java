package llmhop.admin;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import llmhop.json.Json;
import llmhop.json.JsonException;
import llmhop.json.JsonWriter;
import llmhop.route.Exchange;
import llmhop.route.Local;
import llmhop.route.Refusal;
import llmhop.route.Route.Found;

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
    return Answers.overview((exchange, caller, routes) -> tags(routes.listed(caller)));
  }

  /// The one model that a path names.
  Local.Page tagsOf(String model) {
    return (exchange, caller, routes) -> {
      routes.usable(model, caller);
      Answers.json(exchange, 200, tags(List.of(model)));
    };
  }

  private JsonWriter tags(List<String> names) {
    var json = new JsonWriter().object().name("models").array();
    for (String name : names) entry(json, name).endObject();
    return json.endArray().endObject();
  }

  /// The models that are loaded: all of them, since their engines hold them all the time.
  Local.Page running() {
    return Answers.overview((exchange, caller, routes) -> running(routes.listed(caller)));
  }

  /// The one model that a path names.
  Local.Page runningOf(String model) {
    return (exchange, caller, routes) -> {
      routes.usable(model, caller);
      Answers.json(exchange, 200, running(List.of(model)));
    };
  }

  private JsonWriter running(List<String> names) {
    var json = new JsonWriter().object().name("models").array();
    for (String name : names) {
      entry(json, name).name("expires_at").value("9999-12-31T23:59:59Z");
      json.name("size_vram").value(0).endObject();
    }
    return json.endArray().endObject();
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
      String name = askedName(exchange).orElseThrow(OllamaApi::namesNone);
      routes.visible(name, caller);
      Answers.json(exchange, 200, shown());
    };
  }

  /// What is known of the one model that a path names; the body may name it again.
  Local.Page showOf(String model) {
    return (exchange, caller, routes) -> {
      Found found = routes.usable(model, caller);
      Optional<String> name = askedName(exchange);
      if (name.isPresent() && routes.find(name.get()).filter(found::isSame).isEmpty()) {
        throw Refusal.modelMismatch(model, name.get());
      }
      Answers.json(exchange, 200, shown());
    };
  }

  private JsonWriter shown() {
    var json = new JsonWriter().object().name("modelfile").value("");
    json.name("parameters").value("").name("template").value("");
    details(json).name("model_info").object().endObject();
    json.name("capabilities").array().value("completion").endArray();
    return json.name("modified_at").value(modified.toString()).endObject();
  }

  private static Refusal namesNone() {
    return Refusal.missingModel("Send a JSON object that names a 'model'.");
  }

  private static Optional<String> askedName(Exchange exchange) {
    byte[] body = exchange.readAll(LARGEST_SHOW);
    try {
      if (!(Json.parse(body) instanceof Json.Obj object)) {
        throw namesNone();
      }
      return object
          .get("model")
          .or(() -> object.get("name"))
          .filter(Json.Str.class::isInstance)
          .map(name -> ((Json.Str) name).value())
          .filter(name -> !name.isEmpty());
    } catch (JsonException e) {
      throw Refusal.invalidJson("The request body is not valid JSON: " + e.getMessage() + ".");
    }
  }
}
