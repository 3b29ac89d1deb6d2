/// What an operator or a client asks the router itself: health, readiness, gauges, the models.
///
/// All of it is answered from memory, never by asking a backend.
package llmhop.admin;
