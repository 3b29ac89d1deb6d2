package llmhop.backend;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import llmhop.config.Endpoint;
import llmhop.http.upstream.Resolver;

/// Looks up a name that stands for a backend per address (A and AAAA records), every 5 seconds.
/// While it can't be looked up the last good answer stands.
final class Discovery implements AutoCloseable {
  /// Kubernetes' own DNS keeps a record for as long; and a new pod takes longer to load its model.
  static final Duration EVERY = Duration.ofSeconds(5);

  private final Endpoint endpoint;
  private final Resolver resolver;
  private final BiConsumer<Endpoint, Collection<InetAddress>> found;
  private final Consumer<String> news;
  private final CountDownLatch first = new CountDownLatch(1);
  private final Patrol patrol;
  private boolean failing;

  /// @param found is told the addresses of each good answer, at least one
  /// @param news is told when the name can't be looked up, once
  Discovery(
      Endpoint endpoint,
      Resolver resolver,
      Chance chance,
      BiConsumer<Endpoint, Collection<InetAddress>> found,
      Consumer<String> news) {
    this.endpoint = endpoint;
    this.resolver = resolver;
    this.found = found;
    this.news = news;
    this.patrol = new Patrol("discovery", true, EVERY, chance, this::look);
  }

  void start() {
    patrol.start();
  }

  /// Waits for the first answer, be it good or bad.
  ///
  /// @param due when to give up, as of [System#nanoTime]
  void awaitFirst(long due) {
    try {
      boolean came = first.await(due - System.nanoTime(), TimeUnit.NANOSECONDS);
      assert came || due - System.nanoTime() <= 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Asks once.
  ///
  /// @return whether there was a good answer
  boolean look() {
    try {
      List<InetAddress> addresses = resolver.resolve(endpoint.host());
      if (!addresses.isEmpty()) {
        failing = false;
        found.accept(endpoint, addresses);
        return true;
      }
    } catch (UnknownHostException e) {
      if (!failing) {
        failing = true;
        news.accept("the name " + endpoint.host() + " can't be looked up; what it was last stands");
      }
    } finally {
      first.countDown();
    }
    return false;
  }

  @Override
  public void close() {
    patrol.close();
  }
}
