package llmhop.http.front;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/// What an [HttpServer] of this engine does, with or without TLS. Limits are the usual ones: who
/// wants others builds on [Server].
final class FrontBase {
  private static final int BACKLOG = 1024;

  private final Server server = new Server(Limits.DEFAULT, Refusals.PLAIN, FrontBase::report);
  private final AtomicReference<Optional<ServerSocketChannel>> bound =
      new AtomicReference<>(Optional.empty());
  private volatile Executor executor;
  private volatile boolean started;

  private static void report(Throwable fault) {
    System.getLogger("com.sun.net.httpserver")
        .log(System.Logger.Level.WARNING, "a handler failed", fault);
  }

  /// @param address where to listen; null for nowhere yet
  static FrontBase open(InetSocketAddress address, int backlog) throws IOException {
    var base = new FrontBase();
    if (address != null) {
      base.bind(address, backlog);
    }
    return base;
  }

  void bind(InetSocketAddress address, int backlog) throws IOException {
    if (bound.get().isPresent()) {
      throw new BindException("the server is bound already");
    }
    ServerSocketChannel channel = ServerSocketChannel.open();
    try {
      channel.bind(address, backlog > 0 ? backlog : BACKLOG);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    bound.set(Optional.of(channel));
  }

  void start(Contexts contexts, Optional<TlsEngines> tls) {
    ServerSocketChannel channel =
        bound.get().orElseThrow(() -> new IllegalStateException("the server is not bound"));
    if (started) {
      throw new IllegalStateException("the server was started already");
    }
    started = true;
    server.handler(exchange -> handle(contexts, exchange));
    try {
      server.listen(channel, tls);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.start();
  }

  private void handle(Contexts contexts, HttpExchange exchange) throws IOException {
    Executor other = executor;
    if (other == null) {
      contexts.handle(exchange);
    } else {
      handleElsewhere(other, contexts, exchange);
    }
  }

  /// The connection's thread waits: an exchange ends with its handler here.
  private static void handleElsewhere(Executor other, HttpHandler handler, HttpExchange exchange)
      throws IOException {
    var over = new CountDownLatch(1);
    var thrown = new AtomicReference<Throwable>();
    other.execute(
        () -> {
          try {
            handler.handle(exchange);
          } catch (Throwable e) {
            thrown.set(e);
          } finally {
            over.countDown();
          }
        });
    try {
      over.await();
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
    switch (thrown.get()) {
      case null -> {}
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IOException(e);
    }
  }

  void executor(Executor next) {
    if (started) {
      throw new IllegalStateException("the server was started already");
    }
    executor = next;
  }

  Executor executor() {
    return executor;
  }

  void stop(int seconds) {
    if (seconds < 0) {
      throw new IllegalArgumentException("a delay below 0");
    }
    server.stopAccepting();
    try {
      server.drain(TimeUnit.SECONDS.toNanos(seconds));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.close();
    bound.get().ifPresent(Listener::close);
  }

  InetSocketAddress address() {
    try {
      return bound.get().isEmpty() ? null : (InetSocketAddress) bound.get().get().getLocalAddress();
    } catch (IOException e) {
      return null;
    }
  }
}
