package llmhop.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import llmhop.json.Json;

/// Stands on one value of the file, knows the path to it, and reports what is wrong with it. What
/// it was asked for is empty when it reported something.
///
/// @param json the value
/// @param path how to name it in messages, `""` for the whole file
/// @param report where problems go
record Cursor(Json json, String path, Report report) {

  /// An object whose keys are known: anything else in it is reported.
  Optional<Section> section(Collection<String> known) {
    return object("an object")
        .map(
            object -> {
              Map<String, Cursor> present = new LinkedHashMap<>();
              for (Json.Member member : meant(object)) {
                if (known.contains(member.name())) {
                  present.put(member.name(), at(member));
                } else {
                  unknownKey(member, known);
                }
              }
              return new Section(this, present);
            });
  }

  /// An object whose keys are names that the operator chose.
  Optional<Map<String, Cursor>> entries(String expected) {
    return object(expected)
        .map(
            object -> {
              Map<String, Cursor> entries = new LinkedHashMap<>();
              meant(object).forEach(member -> entries.put(member.name(), at(member)));
              return entries;
            });
  }

  private Optional<Json.Obj> object(String expected) {
    return json instanceof Json.Obj object ? Optional.of(object) : wrongKind(expected);
  }

  /// All but comments and the name of a schema for editors, which may stand anywhere.
  private static List<Json.Member> meant(Json.Obj object) {
    List<Json.Member> members = new ArrayList<>(object.members());
    members.removeIf(each -> each.name().startsWith("_") || each.name().equals("$schema"));
    return members;
  }

  private Cursor at(Json.Member member) {
    return new Cursor(member.value(), KeyPath.member(path, member.name()), report);
  }

  private void unknownKey(Json.Member member, Collection<String> known) {
    String hint =
        Nearest.nearest(member.name(), known)
            .map(key -> ", did you mean " + Words.quoted(key) + "?")
            .orElse(known.size() <= 6 ? ", known are " + String.join(", ", known) : "");
    report.problem(member.line(), KeyPath.member(path, member.name()), "unknown key" + hint);
  }

  /// An array's items. An empty array is reported, since it never means what somebody hoped.
  List<Cursor> items(String expected, String whenEmpty) {
    if (!(json instanceof Json.Arr array)) {
      wrongKind(expected);
      return List.of();
    }
    if (array.items().isEmpty()) {
      problem(whenEmpty);
    }
    List<Cursor> items = new ArrayList<>();
    for (Json item : array.items()) {
      items.add(new Cursor(item, KeyPath.item(path, items.size()), report));
    }
    return items;
  }

  Optional<String> text() {
    return json instanceof Json.Str string ? wellFormed(string.value()) : wrongKind("a string");
  }

  private Optional<String> wellFormed(String text) {
    return Words.isWellFormed(text)
        ? Optional.of(text)
        : refuse("not text, it holds one half of a surrogate pair");
  }

  Optional<Boolean> flag() {
    return json instanceof Json.Bool flag ? Optional.of(flag.value()) : wrongKind("true or false");
  }

  /// A whole number in a range, both ends included.
  Optional<Long> wholeNumber(long least, long most) {
    if (!(json instanceof Json.Num number)) {
      return wrongKind("a number");
    }
    OptionalLong value = number.asLong();
    return value.isPresent() && value.getAsLong() >= least && value.getAsLong() <= most
        ? Optional.of(value.getAsLong())
        : refuse("must be a whole number from " + least + " to " + most);
  }

  /// A string with its references to secrets replaced.
  Optional<SecretText> secret(Secrets secrets) {
    Optional<SecretText> expanded = text().map(text -> SecretText.of(text, secrets));
    expanded.ifPresent(text -> text.problems().forEach(this::problem));
    return expanded.filter(text -> text.problems().isEmpty());
  }

  /// A string that a parser takes, which refuses with [Malformed].
  <T> Optional<T> parsed(Function<String, T> parser) {
    return text().flatMap(text -> parsed(text, parser));
  }

  <T> Optional<T> parsed(String text, Function<String, T> parser) {
    try {
      return Optional.of(parser.apply(text));
    } catch (Malformed e) {
      return refuse(e.getMessage());
    }
  }

  <T> Optional<T> wrongKind(String expected) {
    return refuse("expected " + expected + ", found " + json.kind());
  }

  <T> Optional<T> refuse(String what) {
    problem(what);
    return Optional.empty();
  }

  void problem(String what) {
    report.problem(json.line(), path, what);
  }

  void warning(String what) {
    report.warning(json.line(), path, what);
  }

  /// How another problem refers to this value.
  String place() {
    return path + " on line " + json.line();
  }
}
