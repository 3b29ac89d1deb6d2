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
/// @param patienceMillis how long its caller waits for each part of the answer before it hangs up
record Ask(
    String model,
    boolean stream,
    int tokens,
    String user,
    String messages,
    Map<String, String> headers,
    int patienceMillis) {

  private static final int PATIENCE_MILLIS = 30_000;
  private static final String HI = "[{\"role\":\"user\",\"content\":\"hi\"}]";

  Ask {
    headers = Map.copyOf(headers);
  }

  static Ask of(String model) {
    return new Ask(model, false, 0, "", HI, Map.of(), PATIENCE_MILLIS);
  }

  Ask streamed() {
    return streamed(true);
  }

  Ask streamed(boolean stream) {
    return new Ask(model, stream, tokens, user, messages, headers, patienceMillis);
  }

  Ask tokens(int most) {
    return new Ask(model, stream, most, user, messages, headers, patienceMillis);
  }

  Ask user(String name) {
    return new Ask(model, stream, tokens, name, messages, headers, patienceMillis);
  }

  Ask messages(String json) {
    return new Ask(model, stream, tokens, user, json, headers, patienceMillis);
  }

  Ask header(String name, String value) {
    Map<String, String> more = new HashMap<>(headers);
    more.put(name, value);
    return new Ask(model, stream, tokens, user, messages, more, patienceMillis);
  }

  Ask token(String token) {
    return header("Authorization", "Bearer " + token);
  }

  /// Its caller hangs up when nothing has come for so long.
  Ask hangUpAfter(int millis) {
    return new Ask(model, stream, tokens, user, messages, headers, millis);
  }

  /// Whether this is an answer that its caller hung up on, which is nobody's fault.
  boolean wasLeft(Answer answer) {
    boolean impatient = patienceMillis < PATIENCE_MILLIS;
    return impatient && !answer.whole() && answer.nanos() >= patienceMillis * 1_000_000L;
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
