/// What both sides of HTTP/1.1 share: fields, grammar, byte streams, buffers, forms.
package llmhop.http.wire;
