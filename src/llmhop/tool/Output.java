package llmhop.tool;

import java.util.OptionalLong;

/// What a request got when its last token was made.
///
/// @param text all of it
/// @param tokens how many it has
/// @param cut whether the caller's limit ended it
/// @param cachedTokens how many of the prompt's were in the cache; empty when there is none
/// @param firstTokenNanos how long the first token took, from when the request began to run
/// @param totalNanos how long all took, from the same moment
record Output(
    String text,
    int tokens,
    boolean cut,
    OptionalLong cachedTokens,
    long firstTokenNanos,
    long totalNanos) {}
