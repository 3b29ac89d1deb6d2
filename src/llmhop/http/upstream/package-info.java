/// Speaks HTTP/1.1 to backends: a pool of connections per backend, strict about what comes back
/// (RFC 9110, RFC 9112). Blocking, for virtual threads.
///
/// [llmhop.http.upstream.Upstream] is one backend, a [llmhop.http.upstream.Call] one request to it
/// with all its attempts, a Turn one attempt on one Connection, a [llmhop.http.upstream.Reply] the
/// answer. A Dialer makes connections, a Pool keeps them, an Upload sends a body, a Watchdog minds
/// the limits.
package llmhop.http.upstream;
