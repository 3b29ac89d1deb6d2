package llmhop.route;

import java.util.List;
import java.util.Optional;
import llmhop.json.Json;

/// The canonical text of a prompt, taken out of the parsed body: written anew, without limits.
final class CanonicalPrompt {
  private CanonicalPrompt() {}

  static String of(Json.Obj body) {
    StringBuilder all = new StringBuilder();
    for (String name : List.of("system", "instructions", "messages", "input", "prompt")) {
      boolean turns = name.equals("messages") || name.equals("input");
      body.get(name).ifPresent(value -> section(value, turns, all));
    }
    return all.toString();
  }

  private static void section(Json value, boolean turns, StringBuilder all) {
    if (value instanceof Json.Str string) {
      all.append(string.value());
    }
    if (value instanceof Json.Arr array) {
      for (Json item : array.items()) {
        if (item instanceof Json.Str string) {
          all.append(string.value());
        }
        if (item instanceof Json.Obj object) {
          Optional<String> role = object.get("role").flatMap(CanonicalPrompt::string);
          if (turns && (role.isEmpty() || role.get().matches("assistant|model"))) {
            return;
          }
          content(object, all);
          role.ifPresent(said -> all.append('\0').append(said).append('\0'));
        }
      }
    }
  }

  private static Optional<String> string(Json value) {
    return value instanceof Json.Str string ? Optional.of(string.value()) : Optional.empty();
  }

  private static void content(Json.Obj item, StringBuilder all) {
    if (item.get("content").isEmpty()) {
      item.get("text").flatMap(CanonicalPrompt::string).ifPresent(all::append);
    } else if (item.get("content").get() instanceof Json.Str string) {
      all.append(string.value());
    } else {
      texts(item.get("content").get(), all);
    }
  }

  private static void texts(Json value, StringBuilder all) {
    if (value instanceof Json.Arr array) {
      array.items().forEach(item -> texts(item, all));
    }
    if (value instanceof Json.Obj object) {
      for (Json.Member member : object.members()) {
        if (member.name().equals("text") && member.value() instanceof Json.Str string) {
          all.append(string.value());
        } else {
          texts(member.value(), all);
        }
      }
    }
  }
}
