package llmhop.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads `models`, and `default`, which names one of them.
///
/// @param models those that could be read
/// @param defaultModel the name that stands in `default`
/// @param names all names of all models
record ModelsReader(List<Model> models, Optional<String> defaultModel, ModelNames names) {

  static ModelsReader read(Section file, Secrets secrets) {
    ModelNames names = new ModelNames();
    List<Model> models = new ArrayList<>();
    Fallbacks fallbacks = new Fallbacks();
    ModelReader reader = new ModelReader(names, secrets, fallbacks);
    entries(file).forEach((name, entry) -> reader.read(name, entry).ifPresent(models::add));
    fallbacks.check(names);
    checkMembers(models, file);
    return new ModelsReader(
        models, file.get("default").flatMap(c -> defaultModel(c, names)), names);
  }

  private static void checkMembers(List<Model> models, Section file) {
    Set<String> members = new HashSet<>();
    for (Model model : models) {
      if (model.fleet().balance() instanceof Balance.Session session) {
        members.addAll(session.members());
      }
    }
    if (members.size() > Balance.Session.MOST_MEMBERS) {
      file.get("models")
          .orElse(file.self())
          .problem(
              "sessions go by "
                  + members.size()
                  + " members of bodies in all, at most "
                  + Balance.Session.MOST_MEMBERS
                  + " are looked for");
    }
  }

  private static Map<String, Cursor> entries(Section file) {
    if (!file.has("models")) {
      file.self().problem("there are no \"models\", name at least one");
      return Map.of();
    }
    Cursor cursor = file.get("models").orElseThrow();
    Optional<Map<String, Cursor>> entries =
        cursor.entries("an object of models, like {\"llama\": {\"url\": \"http://...\"}}");
    if (entries.isPresent() && entries.get().isEmpty()) {
      cursor.problem("no models, name at least one");
    }
    return entries.orElse(Map.of());
  }

  private static Optional<String> defaultModel(Cursor cursor, ModelNames names) {
    Optional<String> name = cursor.text();
    if (name.isPresent() && name.get().equals(Model.ANY)) {
      return cursor.refuse("\"*\" is no name to send, write one that its backends list");
    }
    if (name.isEmpty() || names.keysAndAliases().contains(name.get())) {
      return name;
    }
    String hint =
        Nearest.nearest(name.get(), names.keysAndAliases())
            .map(nearest -> ", did you mean " + Words.quoted(nearest) + "?")
            .orElse("");
    return cursor.refuse(Words.quoted(name.get()) + " is no model and no alias" + hint);
  }
}
