package llmhop.http.front;

import java.nio.charset.StandardCharsets;
import llmhop.http.wire.Fields;

/// What the front asks of whoever runs it when it refuses something by itself: how that looks, and
/// to take note.
public interface Refusals {
  /// How a refusal looks.
  ///
  /// @param fields end-to-end fields
  /// @param body what the caller gets
  record Page(Fields fields, byte[] body) {}

  /// Plain text, and no note.
  Refusals PLAIN =
      new Refusals() {
        @Override
        public Page page(Fault fault, String message, String target) {
          var fields = new Fields();
          fields.add("Content-Type", "text/plain; charset=utf-8");
          return new Page(fields, (message + "\n").getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void refused(Fault fault, String message, String target, Page page) {}
      };

  /// Renders a refusal.
  ///
  /// @param message a sentence that tells what to do
  /// @param target the request's target as far as it was read; `""` for none
  Page page(Fault fault, String message, String target);

  /// Takes note of a connection that was ended to make room. Called once for each.
  ///
  /// @param address where the connection came from, as text
  default void evicted(EvictionRule rule, String address) {}

  /// This page was sent, or was tried to.
  void refused(Fault fault, String message, String target, Page page);
}
