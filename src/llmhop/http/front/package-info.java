/// The front: a strict HTTP/1.1 engine behind `com.sun.net.httpserver`.
package llmhop.http.front;
