package llmhop.http.upstream;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import llmhop.http.upstream.UpstreamException.Unreachable;
import llmhop.http.wire.PlainTransport;
import llmhop.http.wire.TlsTransport;
import llmhop.http.wire.Transport;

/// Makes connections: resolves, connects, asks the proxy, shakes hands; all within one limit.
final class Dialer {
  private final Origin origin;
  private final Settings settings;

  Dialer(Origin origin, Settings settings) {
    this.origin = origin;
    this.settings = settings;
  }

  /// What a dial led to.
  ///
  /// @param transport ready for a request
  /// @param address where it leads, if that was looked up
  record Dialed(Transport transport, Optional<InetAddress> address) {}

  /// The name to look up for this origin: the proxy's, the host's, or none.
  Optional<String> lookedUp() {
    return origin.kind() == Origin.Kind.UNIX
        ? Optional.empty()
        : Optional.of(settings.proxy().map(ConnectProxy::host).orElse(origin.host()));
  }

  /// All addresses of the name.
  List<InetAddress> resolve(String name) throws UnknownHostException {
    return settings.resolver().resolve(name);
  }

  /// Connects to the first address that answers.
  Dialed dial(List<InetAddress> addresses) throws Unreachable {
    long due = System.nanoTime() + settings.connect().toNanos();
    if (origin.kind() == Origin.Kind.UNIX) {
      return new Dialed(dialUnix(), Optional.empty());
    }
    int port = settings.proxy().map(ConnectProxy::port).orElse(origin.port());
    IOException last = null;
    for (int i = 0; i < addresses.size(); i++) {
      InetAddress address = addresses.get(i);
      // Each address gets an even share of what is left, so that a dead one can't eat it all.
      long share = (due - System.nanoTime()) / (addresses.size() - i);
      try {
        var plain = connect(new InetSocketAddress(address, port), share);
        return new Dialed(prepare(plain, due), Optional.of(address));
      } catch (IOException e) {
        last = e;
      }
    }
    throw new Unreachable("can't connect to " + origin + ": " + reason(last), last);
  }

  private static String reason(IOException e) {
    return e == null ? "no address" : e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private PlainTransport dialUnix() throws Unreachable {
    try {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        channel.connect(UnixDomainSocketAddress.of(origin.socketPath()));
        return new PlainTransport(channel);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new Unreachable("can't connect to " + origin + ": " + e.getMessage(), e);
    }
  }

  private static PlainTransport connect(InetSocketAddress address, long nanos) throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      PlainTransport.prepareTcp(channel);
      long millis = Math.clamp(TimeUnit.NANOSECONDS.toMillis(nanos), 1, Integer.MAX_VALUE);
      channel.socket().connect(address, (int) millis);
      return new PlainTransport(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private Transport prepare(PlainTransport plain, long due) throws IOException {
    boolean tls = origin.kind() == Origin.Kind.HTTPS;
    if (!tls && settings.proxy().isEmpty()) {
      return plain;
    }
    Future<?> deadline =
        Timer.SHARED.schedule(plain::close, due - System.nanoTime(), TimeUnit.NANOSECONDS);
    try {
      if (settings.proxy().isPresent()) {
        tunnel(plain, settings.proxy().get());
      }
      return tls ? TlsTransport.handshake(plain, engine()) : plain;
    } catch (IOException e) {
      plain.close();
      throw System.nanoTime() - due >= 0 ? tooSlow(settings.connect()) : e;
    } catch (RuntimeException e) {
      plain.close();
      throw e;
    } finally {
      deadline.cancel(false);
    }
  }

  private static IOException tooSlow(Duration limit) {
    return new IOException("no connection within " + limit.toMillis() + " ms");
  }

  /// RFC 9110 section 9.3.6.
  private void tunnel(PlainTransport plain, ConnectProxy proxy) throws IOException {
    String host = origin.host().indexOf(':') < 0 ? origin.host() : "[" + origin.host() + "]";
    String authority = host + ":" + origin.port();
    var head = new StringBuilder("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority);
    proxy
        .authorization()
        .ifPresent(value -> head.append("\r\nProxy-Authorization: ").append(value));
    head.append("\r\n\r\n");
    plain.write(ByteBuffer.wrap(head.toString().getBytes(StandardCharsets.ISO_8859_1)));
    var connection = new Connection(plain, Optional.empty(), closed -> {});
    ReplyHead reply = ReplyHead.read(connection);
    while (reply.isInterim()) {
      reply = ReplyHead.read(connection);
    }
    if (reply.status() / 100 != 2 || connection.hasBuffered()) {
      throw new IOException("the proxy " + proxy + " refused with status " + reply.status());
    }
  }

  private SSLEngine engine() {
    String name = settings.serverName().orElse(origin.host());
    SSLEngine engine = settings.tls().orElseThrow().createSSLEngine(name, origin.port());
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setApplicationProtocols(new String[] {"http/1.1"});
    if (!isAddress(name)) {
      parameters.setServerNames(List.of(new SNIHostName(name)));
    }
    engine.setSSLParameters(parameters);
    return engine;
  }

  /// RFC 6066 section 3: addresses are no server names.
  private static boolean isAddress(String host) {
    return host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
  }
}
