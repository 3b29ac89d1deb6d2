package llmhop.backend;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.json.Json;

/// What is known of the address where a backend is, whatever the config says of it: how it is and
/// what it has in hand. A backend of a new config takes it over from the one of the old at the same
/// address; requests that began with that one still count here. Shared by all requests.
final class Site {
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger progress = new AtomicInteger();
  private final Health health = new Health(this::owner);
  private volatile Optional<Long> returnedAt = Optional.empty();
  private volatile EngineLoad load = EngineLoad.UNKNOWN;
  private volatile Map<String, Json.Obj> listed = Map.of();
  private volatile Backend owner;

  /// @param owner the first backend that is here
  Site(Backend owner) {
    this.owner = owner;
  }

  /// The backend of the config that is in use: by its rules it is watched, under its name news are
  /// told.
  Backend owner() {
    return owner;
  }

  /// A backend of a new config takes it over.
  void owner(Backend next) {
    owner = next;
  }

  AtomicInteger inFlight() {
    return inFlight;
  }

  AtomicInteger progress() {
    return progress;
  }

  Health health() {
    return health;
  }

  /// When it came back, as of the clock; empty when it has been here from the start.
  Optional<Long> returnedAt() {
    return returnedAt;
  }

  void returnedAt(long now) {
    returnedAt = Optional.of(now);
  }

  EngineLoad load() {
    return load;
  }

  void load(EngineLoad now) {
    load = now;
  }

  Map<String, Json.Obj> listed() {
    return listed;
  }

  void listed(Map<String, Json.Obj> models) {
    listed = models;
  }
}
