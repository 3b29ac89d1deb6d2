package llmhop.tool;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The places where requests run, and the line before them: first come, first served. Shared by all
/// exchanges.
///
/// ```
///   enter --free place--> running --close--> gone
///         --none-------> waiting --granted--> running
///                                --caller leaves--> gone
/// ```
final class RunQueue {
  /// As long as no listener's backlog of connections; more callers than that are a mistake.
  static final int MAX_WAITING = 20_000;

  // A cache of that many tokens is what a model of 8 billion parameters gets on one 24 GB card.
  private static final double CACHE_TOKENS = 65_536;

  /// What one model does at the moment.
  ///
  /// @param running requests in work
  /// @param waiting requests in line
  /// @param cacheUsage the share of the cache that running requests hold, 0 to 1
  record Load(int running, int waiting, double cacheUsage) {}

  private static final class Count {
    private int running;
    private int waiting;
    private long cachedTokens;
  }

  private final int maxRunning;
  private final Map<String, Count> counts = new LinkedHashMap<>();
  private final Deque<Place> line = new ArrayDeque<>();
  private int running;

  RunQueue(int maxRunning, List<String> models) {
    this.maxRunning = maxRunning;
    models.forEach(model -> counts.put(model, new Count()));
  }

  /// Takes the next place, at work or in line.
  ///
  /// @param model one of those the queue was made for
  /// @param promptTokens what the request holds in the cache while it runs
  synchronized Place enter(String model, long promptTokens, Presence presence) throws Refused {
    Place place = new Place(counts.get(model), promptTokens, presence);
    if (running < maxRunning) {
      run(place);
    } else if (line.size() < MAX_WAITING) {
      line.add(place);
      place.count.waiting++;
    } else {
      throw Refused.crowded(MAX_WAITING);
    }
    return place;
  }

  /// How busy a model is.
  synchronized Load load(String model) {
    Count count = counts.get(model);
    double usage = Math.min(1, count.cachedTokens / CACHE_TOKENS);
    return new Load(count.running, count.waiting, usage);
  }

  private void run(Place place) {
    running++;
    place.count.running++;
    place.count.cachedTokens += place.cachedTokens;
    place.granted = true;
    place.presence.wake();
  }

  private synchronized void leave(Place place) {
    if (place.left) {
      return;
    }
    place.left = true;
    if (!place.granted) {
      line.remove(place);
      place.count.waiting--;
      return;
    }
    running--;
    place.count.running--;
    place.count.cachedTokens -= place.cachedTokens;
    Place next = line.poll();
    if (next != null) {
      next.count.waiting--;
      run(next);
    }
  }

  private synchronized void grow(Place place) {
    place.cachedTokens++;
    place.count.cachedTokens++;
  }

  /// A request's place, in line or at work.
  final class Place implements AutoCloseable {
    private final Count count;
    private final Presence presence;
    private long cachedTokens;
    private volatile boolean granted;
    private boolean left;

    private Place(Count count, long cachedTokens, Presence presence) {
      this.count = count;
      this.cachedTokens = cachedTokens;
      this.presence = presence;
    }

    /// Returns when the request may run.
    ///
    /// @throws IOException when the caller left before its turn came
    void awaitTurn() throws IOException {
      presence.waitFor(() -> granted);
    }

    /// Another token was made and is kept in the cache.
    void tokenMade() {
      grow(this);
    }

    /// Makes room for the next in line. Harmless when repeated.
    @Override
    public void close() {
      leave(this);
    }
  }
}
