/// The way of a request, in one straight line: [llmhop.route.Router] reads top to bottom as accept,
/// authenticate, read, find, admit, choose, forward, relay, record.
///
/// What each phase needs stands in the file of its word. Every early exit is a
/// [llmhop.route.Refusal].
package llmhop.route;
