package chaos;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/// One request for a chat completion.
///
/// @param model the model's name
/// @param stream whether the answer is to be a stream
/// @param tokens how long the answer may be; 0 leaves that to the engine
/// @param user what names the request in its body; empty for none
/// @param messages JSON
/// @param headers fields beside those that every request has
record Ask(
    String model,
    boolean stream,
    int tokens,
    String user,
    String messages,
    Map<String, String> headers) {

  private static final String HI = "[{\"role\":\"user\",\"content\":\"hi\"}]";

  Ask {
    headers = Map.copyOf(headers);
  }

  static Ask of(String model) {
    return new Ask(model, false, 0, "", HI, Map.of());
  }

  Ask streamed() {
    return streamed(true);
  }

  Ask streamed(boolean stream) {
    return new Ask(model, stream, tokens, user, messages, headers);
  }

  Ask tokens(int most) {
    return new Ask(model, stream, most, user, messages, headers);
  }

  Ask user(String name) {
    return new Ask(model, stream, tokens, name, messages, headers);
  }

  Ask messages(String json) {
    return new Ask(model, stream, tokens, user, json, headers);
  }

  Ask header(String name, String value) {
    Map<String, String> more = new HashMap<>(headers);
    more.put(name, value);
    return new Ask(model, stream, tokens, user, messages, more);
  }

  Ask token(String token) {
    return header("Authorization", "Bearer " + token);
  }

  /// As it goes over the wire.
  byte[] bytes() {
    // What differs from one request to the next stands last: prefixes are compared.
    StringBuilder body = new StringBuilder("{\"model\":\"" + model + "\",\"messages\":" + messages);
    if (stream) body.append(",\"stream\":true");
    if (tokens > 0) body.append(",\"max_tokens\":").append(tokens);
    if (!user.isEmpty()) body.append(",\"user\":\"").append(user).append('"');
    body.append('}');
    int length = body.toString().getBytes(StandardCharsets.UTF_8).length;
    StringBuilder head = new StringBuilder("POST /v1/chat/completions HTTP/1.1\r\n");
    head.append("Host: localhost\r\nContent-Type: application/json\r\n");
    headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    head.append("Content-Length: ").append(length).append("\r\n\r\n");
    return head.append(body).toString().getBytes(StandardCharsets.UTF_8);
  }
}
