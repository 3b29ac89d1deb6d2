package llmhop.admin;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import llmhop.http.wire.Fields;
import llmhop.json.JsonWriter;
import llmhop.route.Exchange;

/// Sends small answers of our own.
final class Answers {
  private Answers() {}

  static void json(Exchange exchange, int status, JsonWriter json) throws IOException {
    send(exchange, status, "application/json", json.toBytes());
  }

  static void html(Exchange exchange, String html) throws IOException {
    send(exchange, 200, "text/html; charset=utf-8", html.getBytes(StandardCharsets.UTF_8));
  }

  private static void send(Exchange exchange, int status, String type, byte[] body)
      throws IOException {
    var fields = new Fields();
    fields.add("Content-Type", type);
    fields.add("Cache-Control", "no-store");
    fields.add("X-Content-Type-Options", "nosniff");
    exchange.answer(status, fields, body);
  }
}
