/// The door: where callers connect to.
package llmhop.http.front;
