package bench;

import java.nio.charset.StandardCharsets;

/// The requests, answers and events of the benchmark, byte for byte.
final class Wire {

  static final String TOKEN = "bench-token-of-a-usual-length-0123456789";

  /// What the backends answer, 600 bytes. It may stand in single quotes of nginx's config.
  static final String ANSWER =
      """
      {"id":"chatcmpl-1","object":"chat.completion","model":"bench","choices":[{"index":0,\
      "message":{"role":"assistant","content":"%s"},"finish_reason":"stop"}]}\
      """
          .formatted("ten bytes ".repeat(44) + "the end");

  /// A whole chunk with one event. `t` is when it was sent and `n` its number, both in digits of
  /// fixed places that the backend fills in, so that an event is compared byte for byte.
  static final byte[] EVENT =
      bytes(
          """
          data: {"t":"0000000000000000000","n":"000000","object":"chat.completion.chunk",\
          "choices":[{"index":0,"delta":{"content":" token"}}]}

          """);

  static final int TIME_AT = 12;
  static final int TIME_DIGITS = 19;
  static final int NUMBER_AT = TIME_AT + TIME_DIGITS + 7;
  static final int NUMBER_DIGITS = 6;

  static final byte[] LAST_EVENT = bytes("data: [DONE]\n\n");

  private static final String SENTENCE =
      "Write a short note to the team about the \\\"new\\\" release, what it brings and what it "
          + "leaves out:\\n - café, naïve, 1, 2, 3. ";

  private Wire() {}

  /// A chat completion of so many bytes of body.
  static byte[] chat(int bytes) {
    return request(
        "/v1/chat/completions",
        padded(
            "{\"model\":\"bench\",\"messages\":[{\"role\":\"user\",\"content\":\"",
            "\"}],\"max_tokens\":64}",
            bytes));
  }

  /// A request for embeddings, whose backend reads the whole body before it answers.
  static byte[] embeddings(int bytes) {
    return request("/v1/embeddings", padded("{\"model\":\"bodies\",\"input\":\"", "\"}", bytes));
  }

  /// A request for a stream of so many events, one each `millis`, with a 1 KiB body.
  static byte[] stream(int events, int millis) {
    String before =
        "{\"model\":\"streams\",\"events\":%d,\"millis\":%d,\"stream\":true,\"prompt\":\"";
    return request("/v1/completions", padded(before.formatted(events, millis), "\"}", 1024));
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String padded(String before, String after, int bytes) {
    int left = bytes - before.length() - after.length();
    int sentence = bytes(SENTENCE).length;
    return before + SENTENCE.repeat(left / sentence) + "x".repeat(left % sentence) + after;
  }

  private static byte[] request(String path, String body) {
    return bytes(
        "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n".formatted(path)
            + "Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
                .formatted(TOKEN, bytes(body).length)
            + body);
  }
}
