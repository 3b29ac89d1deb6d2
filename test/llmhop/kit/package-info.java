/// What tests stand on: both sides of the wire, played by hand, and nothing of the program.
/// - [llmhop.kit.ScriptedBackend] is the backend: it records exactly what it was sent and does what
///   its script says, well-behaved or not. A script is made of [llmhop.kit.Steps]; a
///   [llmhop.kit.Gate] stalls it, a [llmhop.kit.Stage] lets the test perform it step by step.
/// - [llmhop.kit.RawCaller] is the caller: it sends [llmhop.kit.Request]s or any bytes at all, and
///   reads an [llmhop.kit.Answer] strictly, chunk by chunk where the test wants that.
/// - [llmhop.kit.WebSocketServer] speaks WebSocket, and echoes unless told otherwise.
/// - [llmhop.kit.JarProcess] runs the shipped jar, [llmhop.kit.Certificates] makes keys for TLS,
///   [llmhop.kit.ManualClock] is time that only the test moves, [llmhop.kit.Waiting] is the one
///   place where time passes.
///
/// The kit has parsers of its own and imports nothing of the program, so that no parser of the
/// program is ever tested by itself. Every wait is bounded and says what it waited for.
package llmhop.kit;
