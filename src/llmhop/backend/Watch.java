package llmhop.backend;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// How backends are watched.
///
/// @param slowStart how long one that came back takes to its full share; zero for at once
/// @param longestCoolDownNanos how long one that failed is left alone at most
/// @param nanos the clock, as of [System#nanoTime]
/// @param news is told of each change in one sentence, for operators: it may name addresses
/// @param changed runs when one may be chosen again
public record Watch(
    Duration slowStart,
    long longestCoolDownNanos,
    LongSupplier nanos,
    Consumer<String> news,
    Runnable changed) {}
