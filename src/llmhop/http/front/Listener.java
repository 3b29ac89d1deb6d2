package llmhop.http.front;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import llmhop.http.wire.PlainTransport;
import llmhop.http.wire.TlsTransport;
import llmhop.http.wire.Transport;

/// A place where connections are taken, on a thread of its own.
final class Listener implements Runnable {
  /// How long it rests when the process has no descriptor left: others may close some meanwhile.
  private static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /// It leaves at once, unless the machine has other things to do.
  private static final long MOST_MILLIS_TO_LEAVE = 1_000;

  private final Server server;
  private final ServerSocketChannel channel;
  private final SocketAddress address;
  private final Optional<TlsEngines> tls;
  private volatile Optional<Thread> accepting = Optional.empty();

  /// @param address where it is, as callers know it
  Listener(
      Server server, ServerSocketChannel channel, SocketAddress address, Optional<TlsEngines> tls) {
    this.server = server;
    this.channel = channel;
    this.address = address;
    this.tls = tls;
  }

  SocketAddress address() {
    return address;
  }

  /// Whether only this machine can connect, by TCP.
  boolean isLoopbackPort() {
    return address instanceof InetSocketAddress inet && inet.getAddress().isLoopbackAddress();
  }

  boolean isSecure() {
    return tls.isPresent();
  }

  /// The connection as its callers speak: with TLS where that is spoken here, once hands are
  /// shaken.
  Transport secured(PlainTransport plain, ConnectionSlot slot) throws IOException {
    if (tls.isEmpty()) {
      return plain;
    }
    SocketAddress caller = plain.channel().getRemoteAddress();
    return TlsTransport.accept(plain, () -> tls.get().engine(caller), slot.key(), slot::begin);
  }

  void start() {
    accepting = Optional.of(Thread.ofPlatform().daemon().name("accept " + address).start(this));
  }

  @Override
  public void run() {
    while (channel.isOpen()) {
      try {
        accept();
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException | RuntimeException | Error e) {
        LockSupport.parkNanos(REST_NANOS);
      }
    }
  }

  private void accept() throws IOException {
    SocketChannel caller = channel.accept();
    try {
      if (address instanceof InetSocketAddress) {
        PlainTransport.prepareTcp(caller);
      }
      server.accepted(caller, this);
    } catch (IOException | RuntimeException | Error e) {
      close(caller);
      throw e;
    }
  }

  /// Takes no more. The system closes the socket only once the thread has left it: until then
  /// callers would connect and be reset.
  void close() {
    close(channel);
    accepting.ifPresent(Listener::join);
  }

  private static void join(Thread thread) {
    try {
      thread.join(MOST_MILLIS_TO_LEAVE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static void close(Channel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }
}
