package llmhop.route;

import java.io.PrintStream;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import llmhop.http.wire.SegmentPool;
import llmhop.observe.Observer;

/// What a router is given for its life: limits, and the sources of time and chance. What the config
/// may change while it runs is in [Routes].
///
/// @param budget the bytes of bodies that may be in memory at once
/// @param segments where large bodies live
/// @param admission who may, now
/// @param instance its name among routers in a chain, a token
/// @param observer is told of each request
/// @param clock the time of day
/// @param nanos the time that passes
/// @param random where request ids come from; safe for concurrent use
/// @param faults where our own faults are logged
public record RouterSetup(
    BufferBudget budget,
    SegmentPool segments,
    Admission admission,
    String instance,
    Observer observer,
    InstantSource clock,
    PassingTime nanos,
    RandomGenerator random,
    PrintStream faults) {}
