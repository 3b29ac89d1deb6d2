package llmhop.tool;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// The text that a simulated model makes: it says that it is simulated and what it was asked, then
/// goes on with words without meaning. The same request always gets the same text.
///
/// @param tokens the pieces, to be joined without anything between them
/// @param cut whether the caller's limit ended it early
record Generation(List<String> tokens, boolean cut) {
  private static final List<String> WORDS =
      List.of(
          "river", "window", "slowly", "under", "bright", "paper", "seven", "carries", "garden",
          "open", "quiet", "train", "amber", "turns", "north", "silver", "often", "bridge", "grows",
          "early", "market", "round", "follows", "copper", "winter", "sings", "small", "harbour",
          "beside", "green", "letter", "moves");

  Generation {
    tokens = List.copyOf(tokens);
  }

  /// @param wanted how many tokens the model would make by itself
  static Generation of(Ask ask, int wanted) {
    int count = (int) Math.min(wanted, ask.maxTokens().orElse(wanted));
    List<String> tokens = new ArrayList<>(count);
    tokens.add("[simulated " + Text.cut(ask.model(), 256) + "]");
    for (String word : greeting(ask.prompt()).split(" ")) {
      tokens.add(" " + word);
    }
    SplittableRandom random = new SplittableRandom(ask.prompt().hash() ^ ask.model().hashCode());
    while (tokens.size() < wanted) {
      tokens.add(" " + WORDS.get(random.nextInt(WORDS.size())));
    }
    return new Generation(tokens.subList(0, count), count < wanted);
  }

  String text() {
    return String.join("", tokens);
  }

  private static String greeting(Prompt prompt) {
    String greeting = "I read " + prompt.characters() + " characters";
    return prompt.ending().isEmpty()
        ? greeting + "."
        : greeting + " ending in \"" + prompt.ending() + "\".";
  }
}
