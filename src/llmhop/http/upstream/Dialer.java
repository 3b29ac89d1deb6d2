package llmhop.http.upstream;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import llmhop.http.upstream.UpstreamException.Cancelled;
import llmhop.http.upstream.UpstreamException.Exhausted;
import llmhop.http.upstream.UpstreamException.Unreachable;
import llmhop.http.wire.Depletion;
import llmhop.http.wire.PlainTransport;
import llmhop.http.wire.TlsTransport;
import llmhop.http.wire.Transport;

/// Makes connections: looks the name up, connects, asks the proxy, shakes hands; all within one
/// limit. Shared by all requests.
final class Dialer {
  /// So long an address that failed is tried after the others.
  private static final long SHUN_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Origin origin;
  private final Settings settings;
  private final Optional<Names> names;
  private final int port;
  private final Map<InetAddress, Long> failedAt = new ConcurrentHashMap<>();

  /// @param names those of the proxy, or else of the host; none for a Unix socket
  Dialer(Origin origin, Settings settings, Optional<Names> names) {
    this.origin = origin;
    this.settings = settings;
    this.names = names;
    this.port = settings.proxy().map(ConnectProxy::port).orElse(origin.port());
  }

  /// What a dial led to.
  ///
  /// @param transport ready for a request
  /// @param address where it leads, if it has one
  record Dialed(Transport transport, Optional<InetAddress> address) {}

  /// Connects to the first address that answers.
  ///
  /// @param only the one address to try, without a look-up; empty for all of the name's
  /// @throws Unreachable when none does within the limit
  /// @throws Exhausted when this machine is out of descriptors, ports, memory or threads
  Dialed dial(Call call, Optional<InetAddress> only) throws UpstreamException {
    long due = System.nanoTime() + settings.connect().toNanos();
    try {
      if (names.isEmpty()) {
        return new Dialed(dialUnix(call), Optional.empty());
      }
      List<InetAddress> addresses =
          only.isPresent() ? List.of(only.get()) : names.get().addresses(call, due);
      return dialAny(addresses, call, due);
    } catch (ClosedByInterruptException e) {
      throw new Cancelled();
    } catch (OutOfMemoryError e) {
      throw new Exhausted(Depletion.of(e).orElse(Depletion.MEMORY), false, e);
    } catch (IOException | IllegalArgumentException e) {
      call.check();
      Optional<Depletion> depletion = depletion(e);
      if (depletion.isPresent()) {
        throw new Exhausted(depletion.get(), false, e);
      }
      throw new Unreachable("can't connect to " + origin + ": " + reason(e), e);
    }
  }

  /// Finds the resource that this machine is out of, where that is the cause. A look-up doesn't
  /// tell.
  private static Optional<Depletion> depletion(Exception e) {
    Optional<Depletion> told = Depletion.of(e);
    return told.isEmpty() && e.getCause() instanceof UnknownHostException ? Depletion.now() : told;
  }

  private static String reason(Exception e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private Dialed dialAny(List<InetAddress> found, Call call, long due)
      throws IOException, UpstreamException {
    List<InetAddress> addresses = lastFailedLast(found);
    IOException first = null;
    IOException outOfPorts = null;
    for (int i = 0; i < addresses.size(); i++) {
      InetAddress address = addresses.get(i);
      // Each address gets an even share of what is left, so that a dead one can't eat it all.
      long shareDue = System.nanoTime() + (due - System.nanoTime()) / (addresses.size() - i);
      try {
        Transport transport = dialTcp(address, call, shareDue);
        failedAt.remove(address);
        return new Dialed(transport, Optional.of(address));
      } catch (ClosedByInterruptException e) {
        throw e;
      } catch (IOException e) {
        call.check();
        Optional<Depletion> depletion = Depletion.of(e);
        boolean ours = depletion.isPresent() && !isWithoutSource(address, depletion.get());
        if (ours && depletion.get() != Depletion.PORTS) {
          throw e;
        }
        if (ours) {
          // Ports are used up for each address by itself.
          outOfPorts = e;
          continue;
        }
        failedAt.put(address, System.nanoTime());
        if (first == null) {
          first = at(address, e);
        } else {
          first.addSuppressed(e);
        }
      }
    }
    throw first == null ? outOfPorts : first;
  }

  /// The error that says that no port is left also says that this machine has no address of the
  /// kind to connect from, as with IPv6 switched off. That is no depletion.
  private static boolean isWithoutSource(InetAddress address, Depletion depletion) {
    if (depletion != Depletion.PORTS || !(address instanceof Inet6Address)) {
      return false;
    }
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .noneMatch(own -> own instanceof Inet6Address && isOfOneKind(own, address));
    } catch (SocketException e) {
      return false;
    }
  }

  private static boolean isOfOneKind(InetAddress one, InetAddress other) {
    return one.isLoopbackAddress() == other.isLoopbackAddress()
        && one.isLinkLocalAddress() == other.isLinkLocalAddress();
  }

  /// A name stands for several addresses, and which of them failed is worth knowing.
  private IOException at(InetAddress address, IOException e) {
    String text = address.getHostAddress();
    boolean known = text.equals(settings.proxy().map(ConnectProxy::host).orElse(origin.host()));
    return known ? e : new IOException(reason(e) + " (" + text + ")", e);
  }

  private List<InetAddress> lastFailedLast(List<InetAddress> found) {
    failedAt.values().removeIf(at -> System.nanoTime() - at > SHUN_NANOS);
    Set<InetAddress> failed = Set.copyOf(failedAt.keySet());
    if (failed.isEmpty()) {
      return found;
    }
    List<InetAddress> ordered = new ArrayList<>(found);
    ordered.sort(Comparator.comparing(failed::contains));
    return ordered;
  }

  private interface Opening {
    SocketChannel open() throws IOException;
  }

  /// Nothing but this process and its machine can keep a socket from being made.
  private static SocketChannel open(Opening opening) throws Exhausted {
    try {
      return opening.open();
    } catch (IOException e) {
      throw new Exhausted(Depletion.of(e).orElse(Depletion.DESCRIPTORS), false, e);
    }
  }

  private Transport dialUnix(Call call) throws IOException, UpstreamException {
    SocketChannel channel = open(() -> SocketChannel.open(StandardProtocolFamily.UNIX));
    try {
      call.hold(channel);
      channel.connect(UnixDomainSocketAddress.of(origin.socketPath()));
      return new PlainTransport(channel);
    } catch (IOException | UpstreamException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  private Transport dialTcp(InetAddress address, Call call, long due)
      throws IOException, UpstreamException {
    SocketChannel channel = open(SocketChannel::open);
    var plain = new PlainTransport(channel);
    try {
      // Closing it also takes its handshake out of the queue of the workers.
      call.hold(plain);
      PlainTransport.prepareTcp(channel);
      long millis = TimeUnit.NANOSECONDS.toMillis(due - System.nanoTime());
      int limit = Math.clamp(millis, 1, Integer.MAX_VALUE);
      channel.socket().connect(new InetSocketAddress(address, port), limit);
      return prepare(plain, due);
    } catch (IOException | UpstreamException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  /// Asks the proxy and shakes hands, where that is to be done.
  private Transport prepare(PlainTransport plain, long due) throws IOException {
    boolean tls = origin.kind() == Origin.Kind.HTTPS;
    if (!tls && settings.proxy().isEmpty()) {
      return plain;
    }
    Future<?> deadline =
        Timer.SHARED.schedule(plain::close, due - System.nanoTime(), TimeUnit.NANOSECONDS);
    try {
      if (settings.proxy().isPresent()) {
        Tunnel.open(plain, settings.proxy().get(), origin);
      }
      return tls
          ? TlsTransport.handshake(plain, TlsEngines.forBackend(origin, settings), this)
          : plain;
    } catch (ClosedByInterruptException e) {
      throw e;
    } catch (IOException e) {
      throw System.nanoTime() - due >= 0 ? new IOException("no answer in time", e) : e;
    } finally {
      deadline.cancel(false);
    }
  }
}
