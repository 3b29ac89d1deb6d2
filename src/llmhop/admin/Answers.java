package llmhop.admin;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import llmhop.caller.Caller;
import llmhop.http.wire.Fields;
import llmhop.json.JsonWriter;
import llmhop.route.Exchange;
import llmhop.route.Local;
import llmhop.route.Refusal;
import llmhop.route.Routes;
import llmhop.schedule.FairWorkers;

/// Sends small answers of our own.
final class Answers {
  /// Models up to which the text is made at once: a tenth of a millisecond.
  private static final int FEW = 100;

  private Answers() {}

  static void json(Exchange exchange, int status, JsonWriter json) throws IOException {
    send(exchange, status, "application/json", json.toBytes());
  }

  /// Makes the text of a page about all models.
  @FunctionalInterface
  interface Overview {
    JsonWriter of(Exchange exchange, Caller caller, Routes routes);
  }

  /// A page about all models. Where there are many, its text is made by a worker: it takes
  /// milliseconds.
  static Local.Page overview(Overview overview) {
    return (exchange, caller, routes) -> {
      byte[] text =
          routes.breadth() <= FEW
              ? overview.of(exchange, caller, routes).toBytes()
              : elsewhere(exchange, () -> overview.of(exchange, caller, routes).toBytes());
      send(exchange, 200, "application/json", text);
    };
  }

  private static byte[] elsewhere(Exchange exchange, Supplier<byte[]> text) throws IOException {
    var made = new AtomicReference<byte[]>();
    try {
      if (!FairWorkers.SHARED.run(exchange.addressKey(), () -> made.set(text.get()))) {
        throw Refusal.overloaded("lists of models at a time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
    return made.get();
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
