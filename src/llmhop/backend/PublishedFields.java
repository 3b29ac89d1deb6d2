package llmhop.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llmhop.json.Json;

/// The fields of an engine's `/v1/models` entry that callers may see. Every other field is dropped
/// when the list is read, so no page can show it: engines put command lines (`status.args` of
/// llama.cpp), disk paths (`root` of vLLM, `path` and `digest` of others) and access rules
/// (`permission`) there.
///
/// A field of another type than its own is dropped too, since clients parse these fields with fixed
/// types.
///
/// @see <a href="https://platform.openai.com/docs/api-reference/models/object">OpenAI's fields</a>
/// @see <a
///   href="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md">llama.cpp's
///   `meta` and `status`</a>
/// @see <a href="https://openrouter.ai/docs/api-reference/list-available-models">OpenRouter's
///   `context_length` and `architecture`</a>
final class PublishedFields {
  /// The most numbers of `meta`: llama.cpp sends six.
  static final int MAX_META = 32;

  /// The most `input_modalities`: there are text, image, audio, video and file.
  static final int MAX_MODALITIES = 16;

  /// The longest text or member name, in characters: real ones have up to 30.
  static final int MAX_TEXT = 64;

  /// The longest number, in characters: a double needs 24.
  static final int MAX_NUMBER = 32;

  private static final Set<String> COUNTS = Set.of("created", "max_model_len", "context_length");

  private PublishedFields() {}

  /// Returns the model with its published fields only, in the order of the engine. The result has
  /// no `id`: callers see the router's own name of the model.
  static Json.Obj of(Json.Obj model) {
    List<Json.Member> members = new ArrayList<>();
    for (Json.Member member : model.members()) {
      value(member.name(), member.value())
          .ifPresent(value -> members.add(new Json.Member(member.name(), value, member.line())));
    }
    return new Json.Obj(members, model.line());
  }

  private static Optional<Json> value(String name, Json value) {
    return switch (value) {
      case Json.Num number when COUNTS.contains(name) && isCount(number) -> Optional.of(number);
      case Json.Str text when name.equals("owned_by") && isWord(text.value()) -> Optional.of(text);
      case Json.Obj meta when name.equals("meta") -> Optional.of(numbers(meta));
      case Json.Obj architecture when name.equals("architecture") -> modalities(architecture);
      default -> Optional.empty();
    };
  }

  private static boolean isCount(Json.Num number) {
    return number.text().length() <= MAX_NUMBER && number.asLong().orElse(-1) >= 0;
  }

  /// Whether a text is short and printable, and no path: an owner is one word.
  private static boolean isWord(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_TEXT
        && text.codePoints().allMatch(PublishedFields::isPrintable)
        && text.indexOf('/') < 0
        && text.indexOf('\\') < 0;
  }

  private static boolean isPrintable(int point) {
    int type = Character.getType(point);
    return type != Character.CONTROL && type != Character.FORMAT && type != Character.SURROGATE;
  }

  private static Json.Obj numbers(Json.Obj meta) {
    List<Json.Member> members = new ArrayList<>();
    for (Json.Member member : meta.members()) {
      if (members.size() < MAX_META
          && member.value() instanceof Json.Num number
          && isWord(member.name())
          && number.text().length() <= MAX_NUMBER
          && Double.isFinite(number.asDouble())) {
        members.add(member);
      }
    }
    return new Json.Obj(members, meta.line());
  }

  private static Optional<Json> modalities(Json.Obj architecture) {
    if (!(architecture.get("input_modalities").orElse(null) instanceof Json.Arr listed)) {
      return Optional.empty();
    }
    List<Json> words = new ArrayList<>();
    for (Json item : listed.items()) {
      if (words.size() < MAX_MODALITIES && item instanceof Json.Str text && isWord(text.value())) {
        words.add(text);
      }
    }
    var member = new Json.Member("input_modalities", new Json.Arr(words, listed.line()), 0);
    return Optional.of(new Json.Obj(List.of(member), architecture.line()));
  }
}
