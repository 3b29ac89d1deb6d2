package llmhop.route;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llmhop.http.upstream.Body;
import llmhop.http.upstream.Sink;
import llmhop.http.wire.SegmentPool;
import llmhop.json.JsonWriter;

/// A request's whole body in memory, with the model's name found in it. May be sent several times.
///
/// Holds its share of the budget, and its segments of the pool, until closed.
final class RequestBody implements Body, AutoCloseable {
  private record Part(byte[] bytes, int length, boolean pooled) {}

  private final SegmentPool pool;
  private final BufferBudget.Share share;
  private final List<Part> parts = new ArrayList<>(1);
  private Optional<Named> named = Optional.empty();
  private Affinity affinity = Affinity.NONE;
  private Optional<byte[]> replacement = Optional.empty();
  private long received;

  RequestBody(SegmentPool pool, BufferBudget.Share share) {
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

  /// Sends this name to the backend instead of the one that the body holds. Nothing else of the
  /// body changes.
  void rename(String sent) {
    replacement =
        named
            .filter(found -> !found.name().equals(sent))
            .map(found -> found.quoted() ? JsonWriter.quote(sent) : sent)
            .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  /// Whether the caller sent no byte at all.
  boolean isEmpty() {
    return received == 0;
  }

  @Override
  public long length() {
    return replacement.isEmpty()
        ? received
        : received
            - (named.orElseThrow().end() - named.orElseThrow().start())
            + replacement.get().length;
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public void writeTo(Sink sink) throws IOException {
    if (replacement.isEmpty()) {
      write(sink, 0, received);
    } else {
      write(sink, 0, named.orElseThrow().start());
      sink.write(replacement.get(), 0, replacement.get().length);
      write(sink, named.orElseThrow().end(), received);
    }
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
    } finally {
      // Also when the heap is so full that the loop can't run.
      share.close();
    }
  }
}
