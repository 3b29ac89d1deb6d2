package llmhop.tool;

import java.util.OptionalLong;

/// What a request for text asks for, whatever API it came by.
///
/// @param model the name as the caller wrote it
/// @param prompt what is to be answered
/// @param maxTokens the caller's own limit of the answer
/// @param stream whether the answer is wanted token by token
/// @param streamUsage whether the stream is to say at its end how many tokens it took
record Ask(
    String model, Prompt prompt, OptionalLong maxTokens, boolean stream, boolean streamUsage) {}
