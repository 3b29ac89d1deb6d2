package llmhop.backend;

import java.util.function.Consumer;
import java.util.function.LongSupplier;
import llmhop.http.upstream.Resolver;
import llmhop.http.upstream.UpstreamMemory;

/// What a fleet is given.
///
/// @param nanos the clock, as of [System#nanoTime]
/// @param chance where luck comes from
/// @param resolver how names become addresses
/// @param news is told what changes, for operators
/// @param memory what connections to backends take from
public record Surroundings(
    LongSupplier nanos,
    Chance chance,
    Resolver resolver,
    Consumer<String> news,
    UpstreamMemory memory) {}
