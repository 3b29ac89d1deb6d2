package llmhop;

import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import llmhop.config.Config;
import llmhop.config.HttpLimits;
import llmhop.config.Listen;
import llmhop.config.ListenTls;
import llmhop.http.front.CallerRules;
import llmhop.http.front.DescriptorLimit;
import llmhop.http.front.Limits;
import llmhop.http.front.Refusals;
import llmhop.http.front.Server;
import llmhop.http.front.TlsEngines;
import llmhop.http.front.TlsFiles;
import llmhop.http.front.UnixListener;
import llmhop.http.wire.HeapBudget;

/// Callers come in through our own engine.
final class OwnDoor implements Door {
  private static final int UNTOLD_SHARE = 20;

  private final Server server;
  private final Optional<ListenTls> tls;
  private final Log log;

  OwnDoor(Config config, Refusals refusals, CallerRules rules, HeapBudget heap, Log log) {
    var notes = new EvictionNotes(refusals, log);
    int connections = connections(config.http().maxConnections(), log);
    this.server = new Server(limits(config.http(), connections), notes, rules, heap, log::fault);
    server.everySecond(() -> notes.tick(System.nanoTime()));
    this.tls = config.tls();
    this.log = log;
  }

  /// How many connections there may be with the descriptors of this process. A twentieth less than
  /// wanted is not worth a line: 20,000 descriptors, as many service files say, are that near to
  /// the default.
  private static int connections(int wanted, Log log) {
    DescriptorLimit descriptors = DescriptorLimit.ofProcess();
    int fit = descriptors.connections(wanted);
    if (fit < wanted - wanted / UNTOLD_SHARE) {
      log.say(
          ("'http.maxConnections' is %d, and the limit of %d file descriptors has room for %d, each"
                  + " with a connection to a backend; raise LimitNOFILE of the systemd unit, or"
                  + " ulimit -n, to %d, or lower 'http.maxConnections'")
              .formatted(wanted, descriptors.max().orElse(0), fit, DescriptorLimit.needed(wanted)));
    }
    return fit;
  }

  private static Limits limits(HttpLimits http, int connections) {
    return new Limits(
        http.headTimeout(),
        http.bodyStall(),
        http.idleTimeout(),
        http.writeStall(),
        connections,
        http.maxHeadBytes(),
        http.maxHeaders());
  }

  @Override
  public void listen(List<Listen> places) throws IOException {
    Optional<TlsEngines> engines = engines();
    for (Listen place : places) {
      try {
        switch (place) {
          case Listen.Tcp tcp -> server.listen(bound(tcp), engines);
          case Listen.Unix unix -> server.listen(bound(unix));
        }
      } catch (IOException e) {
        throw new IOException("can't listen on " + place + ": " + e.getMessage(), e);
      }
    }
  }

  /// With TLS where it is a TCP socket and TLS is configured, as for those that we bind ourselves.
  @Override
  public void take(ServerSocketChannel inherited) throws IOException {
    boolean tcp = inherited.getLocalAddress() instanceof InetSocketAddress;
    server.listen(inherited, tcp ? engines() : Optional.empty());
  }

  /// Certificates may change while we run; whoever renews them need not tell us.
  private Optional<TlsEngines> engines() throws IOException {
    if (tls.isEmpty()) {
      return Optional.empty();
    }
    ListenTls names = tls.get();
    try {
      TlsFiles files = TlsFiles.open(names.cert(), names.key(), names.clientCa(), log::say);
      server.everySecond(() -> Thread.ofVirtual().name("certificates").start(files::lookAgain));
      return Optional.of(caller -> files.engine());
    } catch (IOException e) {
      throw new IOException("tls: " + e.getMessage(), e);
    }
  }

  private static ServerSocketChannel bound(Listen.Tcp place) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    try {
      return channel.bind(Door.inet(place), BACKLOG);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static UnixListener bound(Listen.Unix place) throws IOException {
    return UnixListener.bind(Path.of(place.path()), permissions(place.mode()), BACKLOG);
  }

  /// `0640` as the JDK says it: the bits from the owner's right to read to the others' to execute.
  private static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all = PosixFilePermission.values();
    for (int i = 0; i < all.length; i++) {
      if ((mode & 0400 >> i) != 0) {
        permissions.add(all[i]);
      }
    }
    return permissions;
  }

  @Override
  public void open(HttpHandler handler) {
    server.handler(handler);
    server.start();
  }

  @Override
  public List<SocketAddress> addresses() {
    return server.addresses();
  }

  @Override
  public SequencedMap<String, Long> gauges() {
    return server.gauges();
  }

  @Override
  public void stopAccepting() {
    server.stopAccepting();
  }

  @Override
  public void drain(Duration most) throws InterruptedException {
    server.drain(most.toNanos());
  }

  @Override
  public void close() {
    server.close();
  }
}
