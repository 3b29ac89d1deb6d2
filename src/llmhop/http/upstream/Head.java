package llmhop.http.upstream;

import llmhop.http.wire.Fields;

/// The head of a request. Framing (`Content-Length`) is added when it is sent, and `Host` where the
/// fields have none.
///
/// @param method a token
/// @param target in origin-form
/// @param fields checked by whoever made them
public record Head(String method, String target, Fields fields) {}
