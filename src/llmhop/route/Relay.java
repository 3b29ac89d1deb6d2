package llmhop.route;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import llmhop.http.upstream.Reply;
import llmhop.http.upstream.UpstreamException;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Grammar;
import llmhop.route.Route.Found;

/// Copies a backend's answer to the caller as it comes.
///
/// The head goes out at once, and each piece when there is nothing more at hand, so that an event
/// is never held back for the next. What goes wrong from here on can't become a status any more: a
/// stream gets an error event where an event may stand, and the connection is cut without the last
/// chunk.
final class Relay {
  private static final int BUFFER = 16 * 1024;

  private Relay() {}

  /// @param path what the caller asked for, which tells how it wants its errors
  /// @param permit the caller's place, which is free once the backend has done its work
  static void relay(
      Exchange x, String path, Found found, Forwarder.Answer from, Admission.Permit permit)
      throws IOException {
    Journal journal = x.journal();
    Reply reply = from.reply();
    Fields answer = ForwardedFields.answer(reply.fields(), from.backend().label());
    StreamEnd end = StreamEnd.of(reply.fields());
    if (end.isEventStream()) {
      answer.set("X-Accel-Buffering", "no");
    }
    byte[] buffer = new byte[bufferSize(reply)];
    int ready = 0;
    try {
      // A time limit on the first byte is worth a status, so that head waits for its body.
      if (found.route().timing().firstByte().isPresent()) {
        ready = reply.read(buffer, 0, buffer.length);
      }
    } catch (UpstreamException e) {
      throw Forwarder.refusal(found, e);
    }
    OutputStream out = x.begin(reply.status(), answer, length(x, reply));
    try {
      copy(reply, buffer, ready, out, end, journal);
    } catch (UpstreamException e) {
      Refusal refusal = Forwarder.refusal(found, e);
      if (end.isBetweenEvents()) {
        String json = ErrorShape.of(path).json(refusal, journal.id());
        out.write(ErrorShape.of(path).event(json).getBytes(StandardCharsets.UTF_8));
      }
      out.flush();
      throw refusal;
    }
    // First the backend's side: a body that is still being sent to it is the caller's to end.
    if (x.stillComing()) {
      out.flush();
    }
    from.close();
    // Whoever has its whole answer may ask again at once: its place is free before the end is sent.
    permit.close();
    x.finish(out);
    out.close();
  }

  /// Most answers are small and say so; a large buffer for each would be most of the garbage.
  private static int bufferSize(Reply reply) {
    return Math.clamp(reply.length().orElse(BUFFER), 1, BUFFER);
  }

  /// The length to announce: what the backend announced, also where there is no body to it.
  private static OptionalLong length(Exchange x, Reply reply) {
    boolean bodiless = x.method().equals("HEAD") || reply.status() == 304;
    return bodiless
        ? reply
            .fields()
            .first("Content-Length")
            .map(Grammar::contentLength)
            .orElse(OptionalLong.empty())
        : reply.length();
  }

  private static void copy(
      Reply reply, byte[] buffer, int ready, OutputStream out, StreamEnd end, Journal journal)
      throws IOException, UpstreamException {
    int read = ready;
    if (read == 0 && !reply.buffered()) {
      out.flush();
    }
    while (read >= 0) {
      if (read > 0) {
        out.write(buffer, 0, read);
        journal.out(read);
        end.passed(buffer, read);
        if (!reply.buffered()) {
          out.flush();
        }
      }
      read = reply.read(buffer, 0, buffer.length);
    }
  }
}
