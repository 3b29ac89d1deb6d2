package llmhop.route;

import java.nio.ByteBuffer;
import java.util.Locale;
import llmhop.http.wire.Fields;

/// Follows a stream to know whether an event of ours may stand at its end, and what it would be.
/// Used by one thread.
///
/// Server-sent events end with an empty line; lines of JSON (Ollama's streams) end with a line
/// feed. Anything else, and what is compressed, has no place for an event.
final class StreamEnd {
  /// How a body is cut into events.
  enum Kind {
    /// `text/event-stream`, as the HTML standard defines it.
    EVENTS,
    /// `application/x-ndjson`.
    LINES,
    /// Not a stream of events.
    OPAQUE
  }

  private final Kind kind;
  private int lineFeeds = 2;

  private StreamEnd(Kind kind) {
    this.kind = kind;
  }

  /// The end of an answer with these fields.
  static StreamEnd of(Fields fields) {
    String type = fields.first("Content-Type").orElse("").strip().toLowerCase(Locale.ROOT);
    boolean encoded = fields.has("Content-Encoding");
    if (type.startsWith("text/event-stream")) {
      return new StreamEnd(encoded ? Kind.OPAQUE : Kind.EVENTS);
    }
    boolean lines = type.startsWith("application/x-ndjson") && !encoded;
    return new StreamEnd(lines ? Kind.LINES : Kind.OPAQUE);
  }

  /// Whether it is a stream of server-sent events.
  boolean isEventStream() {
    return kind == Kind.EVENTS;
  }

  /// More has gone out.
  void passed(ByteBuffer bytes, int from, int to) {
    // Carriage returns don't count: CR LF CR LF ends an event as LF LF does.
    int at = to - 1;
    int trailing = 0;
    while (at >= from && trailing < 2 && (bytes.get(at) == '\n' || bytes.get(at) == '\r')) {
      trailing += bytes.get(at) == '\n' ? 1 : 0;
      at--;
    }
    boolean onlyBreaks = at < from;
    lineFeeds = Math.min(2, onlyBreaks ? lineFeeds + trailing : trailing);
  }

  /// Whether an event could begin here.
  boolean isBetweenEvents() {
    return switch (kind) {
      case EVENTS -> lineFeeds == 2;
      case LINES -> lineFeeds >= 1;
      case OPAQUE -> false;
    };
  }
}
