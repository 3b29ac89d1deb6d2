package llmhop;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import llmhop.config.Config;
import llmhop.config.Listen;

/// Callers come in through the JDK's engine. What it can't do is told at the start, or is laxer: no
/// TLS, no Unix sockets, no limits of `http`, no tunnels, no pump; hang-ups are seen when something
/// is written.
final class JdkDoor implements Door {
  private final boolean tls;
  private final List<HttpServer> servers = new ArrayList<>();
  private final CountDownLatch stopped = new CountDownLatch(1);

  JdkDoor(Config config) {
    this.tls = config.tls().isPresent();
  }

  @Override
  public void listen(List<Listen> places) throws IOException {
    ServerSettings.apply();
    for (Listen place : places) {
      try {
        servers.add(bound(place));
      } catch (IOException e) {
        throw new IOException("can't listen on " + place + ": " + e.getMessage(), e);
      }
    }
  }

  @Override
  public void take(ServerSocketChannel inherited) throws IOException {
    throw new IOException("the JDK's server can't take over a socket from systemd");
  }

  private HttpServer bound(Listen place) throws IOException {
    return switch (place) {
      case Listen.Tcp tcp when !tls -> HttpServer.create(Door.inet(tcp), BACKLOG);
      case Listen.Tcp _, Listen.Unix _ ->
          throw new IOException(
              "the JDK's server speaks plain TCP only here; leave the property"
                  + " com.sun.net.httpserver.HttpServerProvider away");
    };
  }

  @Override
  public void open(HttpHandler handler) {
    for (HttpServer server : servers) {
      server.createContext("/", handler);
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.start();
    }
  }

  @Override
  public List<SocketAddress> addresses() {
    return servers.stream().map(HttpServer::getAddress).map(SocketAddress.class::cast).toList();
  }

  @Override
  public SequencedMap<String, Long> gauges() {
    return new LinkedHashMap<>();
  }

  /// Closes the listening sockets at once, and connections when nothing runs on them any more.
  @Override
  public void stopAccepting() {
    List<Thread> stopping = new ArrayList<>();
    for (HttpServer server : servers) {
      stopping.add(Thread.ofVirtual().start(() -> server.stop(Integer.MAX_VALUE / 1000)));
    }
    Thread.ofVirtual().start(() -> await(stopping));
  }

  private void await(List<Thread> stopping) {
    try {
      for (Thread each : stopping) {
        each.join();
      }
      stopped.countDown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void drain(Duration most) throws InterruptedException {
    if (!servers.isEmpty()) {
      stopped.await(most.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public void close() {
    servers.forEach(server -> Thread.ofVirtual().start(() -> server.stop(0)));
  }
}
