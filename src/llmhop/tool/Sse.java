package llmhop.tool;

import llmhop.json.JsonWriter;

/// Server-sent events (HTML Living Standard, 9.2), each with JSON that has no line ends.
final class Sse {
  private Sse() {}

  static String data(JsonWriter json) {
    return "data: " + json + "\n\n";
  }

  static String event(String name, JsonWriter json) {
    return "event: " + name + "\n" + data(json);
  }
}
