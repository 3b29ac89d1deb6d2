package llmhop.route;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llmhop.http.upstream.Body;
import llmhop.http.upstream.Sink;
import llmhop.http.wire.SegmentPool;
import llmhop.json.FlagScan;
import llmhop.json.JsonWriter;
import llmhop.schedule.Turns;

/// A request's whole body in memory, with the model's name found in it. May be sent several times.
///
/// Holds its share of the budget, and its segments of the pool, until closed; the request's thread
/// fills and closes it. Other threads only read the segments, and none does when [#close] runs:
/// - The upload's thread has ended. A reply whose upload is not complete is closed before the body
///   is, which closes the backend's connection and joins that thread without a time limit, since
///   this body is repeatable. A stream is handed to the pump, which needs no body, only once its
///   upload is complete.
/// - The heartbeat's thread looks for `stream` with the heartbeat's lock held. The pulse is
///   stopped, which takes that lock, before the body is closed, and never beats again.
final class RequestBody implements Body, AutoCloseable {
  private record Part(byte[] bytes, int length, boolean pooled) {}

  private final SegmentPool pool;
  private final BodyShare share;
  private final List<Part> parts = new ArrayList<>(1);
  private Optional<Named> named = Optional.empty();
  private Affinity affinity = Affinity.NONE;
  private long received;

  RequestBody(SegmentPool pool, BodyShare share) {
    this.pool = pool;
    this.share = share;
  }

  /// Keeps a part; a pooled one goes back to the pool at the end.
  void add(byte[] bytes, int length, boolean pooled) {
    parts.add(new Part(bytes, length, pooled));
    received += length;
  }

  void named(Optional<Named> name) {
    named = name;
  }

  /// The model that the body names, and where.
  Optional<Named> named() {
    return named;
  }

  void affinity(Affinity found) {
    affinity = found;
  }

  /// What the body says about which backend knows it.
  Affinity affinity() {
    return affinity;
  }

  /// Whether it is a JSON object that says `true` of this. May be asked while it is sent.
  ///
  /// @param enough makes the look end early, and then what it says means nothing
  boolean says(String member, BooleanSupplier enough) {
    var scan = new FlagScan(member);
    var turns = new Turns();
    for (Part part : parts) {
      if (enough.getAsBoolean()) break;
      scan.feed(part.bytes, 0, part.length);
      turns.spent(part.length);
    }
    return scan.isTrue();
  }

  /// The body with this name in place of the one that it holds. Nothing else of it changes. It
  /// lives as long as this does.
  Body naming(String sent) {
    Optional<Named> other = named.filter(found -> !found.name().equals(sent));
    return other.isEmpty() ? this : new Renamed(this, other.get(), sent);
  }

  /// A body with another name in it.
  private static final class Renamed implements Body {
    private final RequestBody of;
    private final Named at;
    private final byte[] replacement;

    Renamed(RequestBody of, Named at, String sent) {
      this.of = of;
      this.at = at;
      String text = at.quoted() ? JsonWriter.quote(sent) : sent;
      this.replacement = text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public long length() {
      return of.received - (at.end() - at.start()) + replacement.length;
    }

    @Override
    public boolean repeatable() {
      return true;
    }

    @Override
    public void writeTo(Sink sink) throws IOException {
      of.write(sink, 0, at.start());
      sink.write(replacement, 0, replacement.length);
      of.write(sink, at.end(), of.received);
    }
  }

  /// Whether the caller sent no byte at all.
  boolean isEmpty() {
    return received == 0;
  }

  @Override
  public long length() {
    return received;
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public void writeTo(Sink sink) throws IOException {
    write(sink, 0, received);
  }

  private void write(Sink sink, long from, long to) throws IOException {
    long start = 0;
    for (Part part : parts) {
      long first = Math.max(from - start, 0);
      long past = Math.min(to - start, part.length);
      if (first < past) {
        sink.write(part.bytes, (int) first, (int) (past - first));
      }
      start += part.length;
    }
  }

  @Override
  public void close() {
    try {
      for (Part part : parts) {
        if (part.pooled) {
          pool.give(part.bytes);
        }
      }
      parts.clear();
      affinity = Affinity.NONE;
    } finally {
      // Also when the heap is so full that the loop can't run.
      share.close();
    }
  }
}
