/// The front: a strict HTTP/1.1 engine behind `com.sun.net.httpserver`, found by
/// [com.sun.net.httpserver.HttpServer#create] through META-INF/services. Knows nothing of what it
/// serves: how its own refusals look, and who takes note of them, are hooks that it is given.
///
/// A `Listener` takes connections, a `Connection` is one caller and its requests in turn, on a
/// virtual thread that blocks. `HeadReader` and `HeadCheck` are the grammar, `RequestBody` and
/// `Answer` the framing, `Deadlines` and `HangUp` what is seen from outside while that thread
/// waits. [llmhop.http.front.Server] holds them together; [llmhop.http.front.RawExchange] is what a
/// handler gets beyond the JDK's words. Streams go to [llmhop.http.wire.Pump].
///
/// ## Why
///
/// What was tried, measured beside nginx in interleaved rounds on two shared cores:
/// - *Own engine instead of the JDK's*, the same router above it: CPU per request from 2.67 times
///   nginx's to 1.5 at 64 connections, 100 KiB prompts from 1.6 to 1.0 times.
/// - *One selector thread for streams* instead of a virtual thread each: CPU per event from 1.84
///   times nginx's to 1.3 at 200 streams: many events are copied for one wake-up.
/// - *A sweep that keeps the time* instead of timers: a connection's thread writes one word to
///   memory when it begins something, and reads no clock. The sweep ticks every 25 ms while
///   anything is under way, every second else. Deadlines are exact to a tick, which none of them
///   minds.
/// - *Watching for hang-ups from the second tick on* instead of from the start: a registration
///   costs several system calls, and most requests are over before it would be made. Whoever waits
///   longer than two ticks is on a selector and costs nothing: 5,000 of them no more than 50.
/// - *A raw way past the JDK's `Headers` and `URI`*: they are made when somebody asks for them.
/// - *Answers in one write*: head and body are put together in an array of a pool, which goes back
///   with each flush, so that an idle connection holds 4 KiB and a stream nothing.
/// - *Chunks pass with their framing on*, checked and spelled plainly again; sizes that came in
///   pieces are held back until they are whole.
/// - *Nothing is held for a stream that flows*: no buffer of either side, no body. 9,500 streams
///   took 649 MB with G1 and no flags; without the backend's 16 KiB each, with the serial
///   collector, compact headers and 512 MB of heap 303 MB, and delays of 5 ms at p99, not 97.
/// - *The first answer*, 345 ms and then 190: a date formatter loaded the names of all locales (30
///   ms), reflection made a proxy class for signals (15) and method handles for Main (25), joined
///   strings made methods at run time (20), a record's `hashCode` a dozen of them, a look for
///   providers read the system's modules (8). The JVM made 150 classes of lambdas (70 ms, 5 MB of
///   garbage) and then compiled its own class writer, which took 7.7 MB: the build makes them now
///   (`tools/Lambdas.java`), and the idle process went from 70 MB to 56. Not worth it: loading
///   classes on a second thread (4 %), other thresholds of the compilers.
/// - *Nearly idle* each wait wakes a poller, a carrier that runs the JDK's own sub-poller, and a
///   second carrier for what that leaves behind. Platform threads for the first 4 or 8 callers took
///   one caller from 2.3 times nginx's CPU to 1.03 and 16 callers from 1.4 to 1.9, since they and
///   the carriers then share the cores: not kept. One carrier only: 350 ms at p99.
/// - Field names in hashed sets, no streams of the library, no `Optional` in loops: about 1 us less
///   for each request. What is left is mostly the kernel's: two reads, two writes, one look whether
///   a kept connection to the backend is still good, and the parking of a thread.
package llmhop.http.front;
