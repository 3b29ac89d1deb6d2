package llmhop;

import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.SequencedMap;
import llmhop.config.Config;
import llmhop.config.Listen;
import llmhop.http.front.CallerRules;
import llmhop.http.front.FrontProvider;
import llmhop.http.front.Refusals;
import llmhop.http.wire.HeapBudget;

/// Where callers come in: our own engine, or the JDK's where the property
/// `com.sun.net.httpserver.HttpServerProvider` says so.
interface Door extends AutoCloseable {
  /// Connections that may wait to be accepted: a burst of callers, bounded by the system anyway.
  int BACKLOG = 1024;

  /// The door that the JDK's property chooses: ours when it is silent, as `HttpServer.create` would
  /// find by a search of the class path that takes 8 ms.
  static Door of(Config config, Refusals refusals, CallerRules rules, HeapBudget heap, Log log) {
    String provider = System.getProperty("com.sun.net.httpserver.HttpServerProvider");
    return provider == null || provider.equals(FrontProvider.class.getName())
        ? new OwnDoor(config, refusals, rules, heap, log)
        : new JdkDoor(config);
  }

  /// Listens at these places; nobody is answered yet.
  ///
  /// @throws IOException when that can't be, saying where and why
  void listen(List<Listen> places) throws IOException;

  /// Takes callers from a socket that whoever started us has opened; nobody is answered yet.
  void take(ServerSocketChannel inherited) throws IOException;

  /// Answers callers from now on.
  void open(HttpHandler handler);

  /// Where it listens, with the ports that it really got.
  List<SocketAddress> addresses();

  /// What it holds right now.
  SequencedMap<String, Long> gauges();

  /// Takes no more callers, and lets each go after its answer.
  void stopAccepting();

  /// Waits until all callers have gone.
  void drain(Duration most) throws InterruptedException;

  /// Ends everything at once.
  @Override
  void close();

  /// The address to bind to.
  static InetSocketAddress inet(Listen.Tcp place) throws IOException {
    return place.host().isEmpty()
        ? new InetSocketAddress(place.port())
        : new InetSocketAddress(InetAddress.getByName(place.host()), place.port());
  }

  /// What an operator reads of an address.
  static String text(SocketAddress address) {
    return switch (address) {
      case InetSocketAddress inet when inet.getAddress().isAnyLocalAddress() ->
          new Listen.Tcp("", inet.getPort()).toString();
      case InetSocketAddress inet ->
          new Listen.Tcp(inet.getAddress().getHostAddress(), inet.getPort()).toString();
      case UnixDomainSocketAddress unix -> "unix://" + unix.getPath();
      default -> address.toString();
    };
  }
}
