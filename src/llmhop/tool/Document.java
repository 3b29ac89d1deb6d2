package llmhop.tool;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.json.Json;
import llmhop.json.JsonException;

/// The JSON object of a request; what it can't say is refused with the member's name. A null counts
/// as absent, as it does for vLLM.
record Document(Json.Obj json) {
  static Document parse(byte[] body) throws Refused {
    try {
      if (Json.parse(body) instanceof Json.Obj object) {
        return new Document(object);
      }
    } catch (JsonException e) {
      throw Refused.badRequest(
          "The body is not JSON: %s (line %d, column %d)."
              .formatted(e.getMessage(), e.line(), e.column()));
    }
    throw Refused.badRequest("The body must be a JSON object.");
  }

  Optional<Json> get(String name) {
    return json.get(name).filter(value -> !(value instanceof Json.Null));
  }

  Json required(String name) throws Refused {
    Optional<Json> value = get(name);
    if (value.isEmpty()) {
      throw Refused.badField(name, "field required");
    }
    return value.get();
  }

  String model() throws Refused {
    if (required("model") instanceof Json.Str model) {
      return model.value();
    }
    throw Refused.badField("model", "must be a string");
  }

  boolean flag(String name, boolean otherwise) throws Refused {
    Optional<Json> value = get(name);
    if (value.isEmpty()) {
      return otherwise;
    }
    if (value.get() instanceof Json.Bool flag) {
      return flag.value();
    }
    throw Refused.badField(name, "must be true or false");
  }

  /// A whole number, at least 1.
  OptionalLong count(String name) throws Refused {
    Optional<Json> value = get(name);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    if (value.get() instanceof Json.Num number && number.asLong().orElse(0) >= 1) {
      return number.asLong();
    }
    throw Refused.badField(name, "must be a whole number, at least 1");
  }

  /// The object of that name; an empty one when there is none.
  Document inner(String name) throws Refused {
    Optional<Json> value = get(name);
    if (value.isEmpty()) {
      return parse("{}".getBytes(StandardCharsets.UTF_8));
    }
    if (value.get() instanceof Json.Obj object) {
      return new Document(object);
    }
    throw Refused.badField(name, "must be an object");
  }

  /// A list with something in it.
  Json.Arr list(String name) throws Refused {
    if (required(name) instanceof Json.Arr list && !list.items().isEmpty()) {
      return list;
    }
    throw Refused.badField(name, "must be a list with at least one item");
  }

  /// The simulator gives one answer per request and would otherwise seem to have lost the others.
  void onlyOne(String name) throws Refused {
    if (count(name).orElse(1) != 1) {
      throw Refused.badField(name, "the simulator gives one choice per request");
    }
  }
}
