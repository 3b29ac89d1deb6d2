package llmhop.tool;

import java.util.Optional;
import llmhop.json.Json;

/// What the simulator remembers of a prompt, whose text it lets go.
///
/// @param characters how long all its texts are together, in code points
/// @param tokens how many tokens it is counted as: four characters each, and the given ones
/// @param hash the same for the same texts
/// @param ending the last words of its last text, on one line
/// @param blocks its first full blocks, as many as were asked for
record Prompt(long characters, long tokens, long hash, String ending, Blocks blocks) {
  static final int CHARACTERS_PER_TOKEN = 4;
  private static final int ENDING_LENGTH = 40;

  /// All text in these values: strings, and in lists and objects what is called `text` or
  /// `content`. Numbers are tokens.
  @SafeVarargs
  static Prompt of(Optional<Json>... values) {
    return of(0, values);
  }

  /// The same, with its blocks. To them also belongs who says what.
  ///
  /// @param mostBlocks how many of them are to be remembered
  @SafeVarargs
  static Prompt of(int mostBlocks, Optional<Json>... values) {
    Reader reader = new Reader(mostBlocks);
    for (Optional<Json> value : values) {
      value.ifPresent(reader::read);
    }
    return reader.prompt();
  }

  private static final class Reader {
    private final Blocks.Cutter cutter;
    private long characters;
    private long givenTokens;
    private long hash = 1;
    private String last = "";

    Reader(int mostBlocks) {
      cutter = new Blocks.Cutter(mostBlocks);
    }

    void read(Json value) {
      switch (value) {
        case Json.Str text -> read(text.value());
        case Json.Num number -> {
          givenTokens++;
          mix(number.text());
          cutter.token(number.text());
        }
        case Json.Arr list -> list.items().forEach(this::read);
        case Json.Obj object -> {
          object.get("role").ifPresent(this::readRole);
          object.get("text").ifPresent(this::read);
          object.get("content").ifPresent(this::read);
        }
        case Json.Bool _, Json.Null _ -> {}
      }
    }

    private void readRole(Json role) {
      if (role instanceof Json.Str name) {
        cutter.role(name.value());
      }
    }

    private void read(String text) {
      characters += text.codePointCount(0, text.length());
      last = text;
      mix(text);
      cutter.text(text);
    }

    private void mix(String text) {
      hash = hash * 1_000_003 + text.hashCode();
    }

    Prompt prompt() {
      long ofText = (characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
      long tokens = Math.max(1, ofText + givenTokens);
      return new Prompt(characters, tokens, hash, ending(last), cutter.blocks());
    }

    private static String ending(String text) {
      // Twice as much as is shown, since blanks shrink; never a pattern over the whole of it.
      String tail = text.substring(Math.max(0, text.length() - 2 * ENDING_LENGTH));
      String line = tail.strip().replaceAll("[\\s\\p{Cntrl}]+", " ");
      int begin = Math.max(0, line.length() - ENDING_LENGTH);
      int word = begin == 0 ? 0 : line.indexOf(' ', begin) + 1;
      String ending = line.substring(word > begin ? word : begin);
      return !ending.isEmpty() && Character.isLowSurrogate(ending.charAt(0))
          ? ending.substring(1)
          : ending;
    }
  }
}
