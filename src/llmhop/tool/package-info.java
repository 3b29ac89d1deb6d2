/// The jar's other commands.
///
/// [llmhop.tool.Health] is `llmhop health`: asks a running router how it is. [llmhop.tool.Aot] is
/// `llmhop aot`: makes an AOT cache, by a [llmhop.tool.Training].
///
/// [llmhop.tool.Simulate] is `llmhop simulate`: an inference server without a model, for trying
/// things out and for tests. A request goes through it like this:
///
/// ```
///   SimulatedServer   finds who answers a path, logs, renders what is refused
///     Engine          chance -> a place in the RunQueue -> prefill -> token after token
///       PrefixCache   how much of a prompt needs no prefill
///       TextForm      what the request asks for, in one API's words (Ask)
///       Speech        what the answer says at which moment, in the same API's words
///     Embeddings, Transcriptions, Catalog, SimMetrics   what is answered in one go
/// ```
///
/// A [llmhop.tool.Call] is one exchange; its [llmhop.tool.Presence] is the only place where an
/// exchange waits, so that a caller's hang-up ends every wait. Time and chance are handed in.
package llmhop.tool;
