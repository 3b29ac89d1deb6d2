/// Work that is not done on the thread of a request.
///
/// Virtual threads do not share time: a request that computes keeps its carrier until it waits, and
/// there are as many carriers as cores. [llmhop.schedule.FairWorkers] therefore runs every step
/// that can take over a millisecond of CPU on a few platform threads, which the operating system
/// lets share time with the carriers. [llmhop.schedule.Turns] makes a request that reads much
/// without ever waiting let others run in between.
///
/// ## Why
///
/// Measured on two cores with 12 callers that only shake hands over TLS: an honest caller on a kept
/// connection got 3 to 25 answers in 4 s. With 16 carriers it got enough, but every request cost 45
/// % more CPU. With the handshakes on one platform thread it gets enough, and requests cost the
/// same.
package llmhop.schedule;
