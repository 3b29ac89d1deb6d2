package llmhop.route;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import llmhop.http.upstream.Reply;
import llmhop.http.upstream.UpstreamException;
import llmhop.http.wire.InletMemory;
import llmhop.json.Json;
import llmhop.json.JsonException;

/// A backend's answer that isn't the stream which heartbeats have begun: an error, mostly. Its
/// status can't be said any more, so it becomes the event that ends the stream.
final class StrayAnswer {
  /// How much of it is read, in bytes: far over what errors are.
  private static final int MOST = 64 * 1024;

  /// How much of what isn't an error as SDKs know it is repeated in ours, in bytes.
  private static final int MOST_REPEATED = 2 * 1024;

  private static final byte[] NOTHING = {};

  private StrayAnswer() {}

  /// Tells the caller what the backend said in its own words, where SDKs understand these behind
  /// `data:`.
  ///
  /// @return what became of the request, which is to be told where nothing has been
  static Refusal told(Exchange x, BackendAnswer from) throws IOException, UpstreamException {
    try (var room = new Room(from.lease().backend().upstream().memory().buffers())) {
      return told(x, from, room);
    }
  }

  /// The memory for the part of an answer that is over the first small buffer.
  private static final class Room implements AutoCloseable {
    private final InletMemory memory;
    private int taken;

    Room(InletMemory memory) {
      this.memory = memory;
    }

    boolean take(int bytes) {
      boolean took = memory.take(bytes);
      taken += took ? bytes : 0;
      return took;
    }

    @Override
    public void close() {
      memory.give(taken);
    }
  }

  private static Refusal told(Exchange x, BackendAnswer from, Room room)
      throws IOException, UpstreamException {
    Reply reply = from.reply();
    byte[] body = reply.fields().has("Content-Encoding") ? NOTHING : read(from, room);
    if (isError(body)) {
      String json = text(body, body.length);
      ErrorAnswer.event(x, ErrorShape.of(x.journal().path()).event(json));
      x.flush();
    }
    String said =
        reply.status() < 400
            ? "it is too late for that, since heartbeats have gone out."
            : text(body, MOST_REPEATED);
    return Refusal.backendError(from.found().route().name(), reply.status(), said);
  }

  /// Heartbeats go on meanwhile. Where no memory is left the rest is not read.
  private static byte[] read(BackendAnswer from, Room room) throws UpstreamException {
    int length = Math.max(from.ready(), 0);
    byte[] body = from.takeBuffer();
    int read = from.isWhole() ? -1 : from.ready();
    while (read >= 0 && length < MOST) {
      if (length == body.length) {
        int larger = Math.min(MOST, 2 * length);
        if (!room.take(larger - length)) break;
        body = Arrays.copyOf(body, larger);
      }
      read = from.reply().read(body, length, body.length - length);
      length += Math.max(read, 0);
    }
    return Arrays.copyOf(body, length);
  }

  /// Whether it is what SDKs look for in an event: an object with another one called `error`.
  private static boolean isError(byte[] body) {
    try {
      if (Json.parse(body) instanceof Json.Obj object) {
        for (Json.Member member : object.members()) {
          if (member.name().equals("error")) return member.value() instanceof Json.Obj;
        }
      }
      return false;
    } catch (JsonException e) {
      return false;
    }
  }

  /// What is cut within a character ends before it.
  private static String text(byte[] body, int most) {
    int length = Math.min(body.length, most);
    String text = new String(body, 0, length, StandardCharsets.UTF_8);
    if (length < body.length && text.endsWith("\ufffd")) {
      text = text.substring(0, text.length() - 1);
    }
    return (text.startsWith("\ufeff") ? text.substring(1) : text).strip();
  }
}
