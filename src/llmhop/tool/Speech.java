package llmhop.tool;

import java.util.OptionalLong;

/// One answer in the words of its API: what is sent at which moment. Used by one thread.
///
/// ```
///   a stream: greeting (with the head), opening + piece, piece, ..., ending
///   plain:    whole
/// ```
interface Speech {
  /// What some APIs say before anything is made.
  default String greeting() {
    return "";
  }

  /// What comes before the first token, in the same write.
  ///
  /// @param cachedTokens how many of the prompt's were in the cache; empty when there is none
  default String opening(OptionalLong cachedTokens) {
    return "";
  }

  /// One token.
  String piece(String token);

  /// What comes when the last token was sent.
  String ending(Output output);

  /// All of the answer, for a caller that wants no stream.
  String whole(Output output);
}
