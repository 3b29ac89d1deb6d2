package llmhop.admin;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import llmhop.json.JsonWriter;
import llmhop.route.Exchange;
import llmhop.route.Local;
import llmhop.route.Target;

/// `GET /v1/models` and `/v1/models/{id}`, in OpenAI's shape; in Anthropic's for its clients, which
/// are known by their `anthropic-version` field.
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
    return (exchange, caller, routes) -> {
      List<String> names = routes.listed(caller);
      boolean anthropic = isAnthropic(exchange);
      var json = new JsonWriter().object();
      if (!anthropic) {
        json.name("object").value("list");
      }
      json.name("data").array();
      names.forEach(name -> model(json, name, anthropic));
      json.endArray();
      if (anthropic) {
        json.name("has_more").value(false);
        edge(json, "first_id", names.isEmpty() ? List.of() : List.of(names.getFirst()));
        edge(json, "last_id", names.isEmpty() ? List.of() : List.of(names.getLast()));
      }
      Answers.json(exchange, 200, json.endObject());
    };
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
      routes.visible(name, caller);
      var json = new JsonWriter();
      model(json, name, isAnthropic(exchange));
      Answers.json(exchange, 200, json);
    };
  }

  private static boolean isAnthropic(Exchange exchange) {
    return exchange.fields().has("anthropic-version");
  }

  private void model(JsonWriter json, String name, boolean anthropic) {
    json.object().name("id").value(name);
    if (anthropic) {
      json.name("type").value("model").name("display_name").value(name);
      json.name("created_at").value(created.toString());
    } else {
      json.name("object").value("model").name("created").value(created.getEpochSecond());
      json.name("owned_by").value("llmhop");
    }
    json.endObject();
  }
}
