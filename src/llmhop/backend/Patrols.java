package llmhop.backend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llmhop.config.Model;

/// All that is asked of one backend now and then, as far as the config asks for it.
final class Patrols implements AutoCloseable {
  private final List<Patrol> patrols = new ArrayList<>();
  private final Optional<Listing> listing;

  Patrols(Model model, Backend backend, Surroundings around) {
    Chance chance = around.chance();
    var rules = model.fleet();
    listing = model.catalog().map(_ -> new Listing(backend, around.news()));
    rules
        .health()
        .ifPresent(
            check -> {
              var probe = new HealthProbe(check, backend);
              add("health", check.every(), chance, always(probe::run));
            });
    rules
        .load()
        .ifPresent(
            source -> {
              var poll = new LoadPoll(source, backend, around.nanos());
              add("load", source.every(), chance, always(poll::run));
            });
    listing.ifPresent(each -> add("catalog", model.catalog().orElseThrow(), chance, each::run));
  }

  private void add(String name, Duration every, Chance chance, BooleanSupplier round) {
    patrols.add(new Patrol(name, false, every, chance, round));
  }

  /// What is done at its own pace, whatever comes of it.
  private static BooleanSupplier always(Runnable round) {
    return () -> {
      round.run();
      return true;
    };
  }

  void start() {
    for (Patrol patrol : patrols) patrol.start();
  }

  /// Waits until it is known what the backend lists.
  void awaitCatalog(long due) {
    listing.ifPresent(each -> each.awaitFirst(due));
  }

  @Override
  public void close() {
    for (Patrol patrol : patrols) patrol.close();
  }
}
