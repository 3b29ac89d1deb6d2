/// Speaks HTTP/1.1 to backends: a pool of connections per backend, strict about what comes back
/// (RFC 9110, RFC 9112). Blocking, for virtual threads.
///
/// A connection's life:
///
/// ```
///   connect --> busy --(whole answer, both sides willing)--> idle --(taken, still quiet)--> busy
///                 |                                            |
///                 +--(anything else)--> closed <--(too old, gone, or its address left the name)
/// ```
package llmhop.http.upstream;
