package llmhop.admin;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import llmhop.caller.Caller;
import llmhop.json.Json;
import llmhop.json.JsonWriter;
import llmhop.route.Exchange;
import llmhop.route.Local;
import llmhop.route.Refusal;
import llmhop.route.Route.Found;
import llmhop.route.Routes;
import llmhop.route.Target;

/// `GET /v1/models` and `/v1/models/{id}`, in OpenAI's shape; in Anthropic's for its clients, which
/// are known by their `anthropic-version` field. The same below `/route/{model}`, for that model
/// alone. Models with a `catalog` carry the published fields that their engine sent last:
/// `created`, `owned_by`, `max_model_len`, `context_length`, the numbers of `meta`,
/// `architecture.input_modalities`.
///
/// @see <a href="https://platform.openai.com/docs/api-reference/models">OpenAI's models</a>
/// @see <a href="https://docs.anthropic.com/en/api/models-list">Anthropic's models</a>
final class ModelsApi {
  private final Instant created;

  ModelsApi(Instant created) {
    this.created = created.truncatedTo(ChronoUnit.SECONDS);
  }

  /// The models that this caller may use and see.
  Local.Page list() {
    return Answers.overview(this::list);
  }

  /// A list of the one model that a path names, under the name that the caller used.
  Local.Page listOf(String model) {
    return (exchange, caller, routes) -> {
      routes.usable(model, caller);
      Answers.json(exchange, 200, list(exchange, List.of(model), routes));
    };
  }

  private JsonWriter list(Exchange exchange, Caller caller, Routes routes) {
    return list(exchange, routes.listed(caller), routes);
  }

  private JsonWriter list(Exchange exchange, List<String> names, Routes routes) {
    boolean anthropic = isAnthropic(exchange);
    var json = new JsonWriter().object();
    if (!anthropic) {
      json.name("object").value("list");
    }
    json.name("data").array();
    for (String name : names) model(json, name, routes.find(name), anthropic);
    json.endArray();
    if (anthropic) {
      json.name("has_more").value(false);
      edge(json, "first_id", names.isEmpty() ? List.of() : List.of(names.getFirst()));
      edge(json, "last_id", names.isEmpty() ? List.of() : List.of(names.getLast()));
    }
    return json.endObject();
  }

  private static void edge(JsonWriter json, String name, List<String> id) {
    json.name(name);
    if (id.isEmpty()) {
      json.nothing();
    } else {
      json.value(id.getFirst());
    }
  }

  /// One model, by any name that a request could use; unlisted ones stay hidden.
  Local.Page one(String rawId) {
    return (exchange, caller, routes) -> {
      String name = Target.decode(rawId).orElse(rawId);
      Found found = routes.visible(name, caller);
      var json = new JsonWriter();
      model(json, name, Optional.of(found), isAnthropic(exchange));
      Answers.json(exchange, 200, json);
    };
  }

  /// One model under the path of a model: the same one, by any of its names.
  Local.Page oneOf(String model, String rawId) {
    return (exchange, caller, routes) -> {
      String name = Target.decode(rawId).orElse(rawId);
      Found found = routes.usable(model, caller);
      Found one =
          routes
              .find(name)
              .filter(found::isSame)
              .orElseThrow(() -> Refusal.modelNotFound(name, Optional.empty()));
      var json = new JsonWriter();
      model(json, name, Optional.of(one), isAnthropic(exchange));
      Answers.json(exchange, 200, json);
    };
  }

  private static boolean isAnthropic(Exchange exchange) {
    return exchange.fields().has("anthropic-version");
  }

  private void model(JsonWriter json, String name, Optional<Found> found, boolean anthropic) {
    json.object().name("id").value(name);
    if (anthropic) {
      json.name("type").value("model").name("display_name").value(name);
      json.name("created_at").value(created.toString());
    } else {
      Optional<Json.Obj> listed = found.flatMap(f -> f.route().fleet().listed(f.sent()));
      json.name("object").value("model");
      if (listed.flatMap(said -> said.get("created")).isEmpty()) {
        json.name("created").value(created.getEpochSecond());
      }
      if (listed.flatMap(said -> said.get("owned_by")).isEmpty()) {
        json.name("owned_by").value("llmhop");
      }
      // The list holds published fields only; none of them is `id` or `object`.
      listed.ifPresent(said -> said.members().forEach(m -> json.name(m.name()).json(m.value())));
    }
    json.endObject();
  }
}
