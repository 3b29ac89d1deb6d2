package llmhop.http.front;

import llmhop.http.wire.Fields;

/// A request's head that has passed all checks.
///
/// @param method a token, as it came
/// @param target as it came, in origin-form, absolute-form or `*`
/// @param http11 HTTP/1.1; else 1.0
/// @param fields as they came
/// @param length `Content-Length`; 0 for no body, -1 for one in chunks
/// @param expectsContinue whether the caller waits with its body for `100 Continue`
/// @param keepAlive whether the caller wants to go on after this
/// @param upgrade whether it asks for a WebSocket
record RequestHead(
    String method,
    String target,
    boolean http11,
    Fields fields,
    long length,
    boolean expectsContinue,
    boolean keepAlive,
    boolean upgrade) {}
