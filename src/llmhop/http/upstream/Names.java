package llmhop.http.upstream;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import llmhop.http.upstream.UpstreamException.Cancelled;

/// The addresses of one name. Shared by all requests: whoever asks while a look-up runs waits for
/// that one.
///
/// Look-ups are system calls that can take seconds and would hold on to a virtual thread's carrier,
/// so they have platform threads, at most one for each name, which go when they are idle.
final class Names {
  /// How often a name is looked up while kept connections serve and nobody dials.
  static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final Executor THREADS =
      Executors.newCachedThreadPool(
          work -> Thread.ofPlatform().daemon().name("upstream-names").unstarted(work));

  private final String name;
  private final Optional<InetAddress> literal;
  private final Resolver resolver;
  private final LongSupplier nanos;
  private final Consumer<Collection<InetAddress>> news;
  private final Map<InetAddress, Long> seen = new HashMap<>();
  private final AtomicReference<CompletableFuture<List<InetAddress>>> running =
      new AtomicReference<>();
  private volatile long lookedUp;

  /// @param name a name or an address, IPv6 without brackets
  /// @param news is told after each look-up which addresses the name has had lately
  Names(
      String name, Resolver resolver, LongSupplier nanos, Consumer<Collection<InetAddress>> news) {
    this.name = name;
    this.literal = literal(name);
    this.resolver = resolver;
    this.nanos = nanos;
    this.news = news;
    this.lookedUp = nanos.getAsLong();
  }

  private static Optional<InetAddress> literal(String name) {
    try {
      return Optional.of(InetAddress.ofLiteral(name));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /// The addresses as they are now, at least one.
  ///
  /// @param due when to give up, as of [System#nanoTime]
  List<InetAddress> addresses(Call call, long due) throws IOException, UpstreamException {
    if (literal.isPresent()) {
      return List.of(literal.get());
    }
    CompletableFuture<List<InetAddress>> answer = lookUp().copy();
    call.hold(() -> answer.cancel(false));
    try {
      return answer.get(due - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new IOException("no address for the name " + name + " in time");
    } catch (CancellationException e) {
      call.check();
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Cancelled();
    } catch (ExecutionException e) {
      throw new IOException("the name " + name + " has no address", e.getCause());
    }
  }

  /// Looks the name up beside the requests, if that is due.
  void lookUpAgain() {
    if (literal.isEmpty() && nanos.getAsLong() - lookedUp >= AGAIN_NANOS) {
      lookUp();
    }
  }

  private CompletableFuture<List<InetAddress>> lookUp() {
    var mine = new CompletableFuture<List<InetAddress>>();
    CompletableFuture<List<InetAddress>> theirs = running.compareAndExchange(null, mine);
    if (theirs != null) {
      return theirs;
    }
    lookedUp = nanos.getAsLong();
    try {
      THREADS.execute(() -> answer(mine));
    } catch (RuntimeException | Error e) {
      // No thread to be had: that fails this look-up, and must not fail the next.
      running.set(null);
      mine.completeExceptionally(e);
    }
    return mine;
  }

  private void answer(CompletableFuture<List<InetAddress>> mine) {
    try {
      List<InetAddress> found = resolve();
      news.accept(lately(found));
      running.set(null);
      mine.complete(found);
    } catch (IOException | RuntimeException | Error e) {
      // The last good addresses stand for kept connections; the next dial will tell.
      running.set(null);
      mine.completeExceptionally(e);
    }
  }

  /// Some name servers give a few of many addresses, others each time: one that is missing once has
  /// not left the name. Only the one thread that looks up comes here.
  private Collection<InetAddress> lately(List<InetAddress> found) {
    long now = nanos.getAsLong();
    found.forEach(address -> seen.put(address, now));
    seen.values().removeIf(at -> now - at >= AGAIN_NANOS);
    return seen.keySet();
  }

  private List<InetAddress> resolve() throws UnknownHostException {
    List<InetAddress> found = List.copyOf(resolver.resolve(name));
    if (found.isEmpty()) {
      throw new UnknownHostException(name);
    }
    return found;
  }
}
