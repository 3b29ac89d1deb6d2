package llmhop.http.front;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import llmhop.http.wire.Fields;
import llmhop.http.wire.HeapBudget;
import llmhop.kit.RawCaller;
import llmhop.kit.Waiting;

/// A server of this engine on a free port of 127.0.0.1. Unless told otherwise it answers each
/// request with `METHOD TARGET BODY`. Closing it checks that nothing was left behind.
final class FrontUnderTest implements AutoCloseable {
  /// An address that stands for many callers.
  static final String PROXY = "127.0.0.9";

  private final Server server;
  private final int port;
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final List<Fault> refused = new CopyOnWriteArrayList<>();
  private final List<String> evicted = new CopyOnWriteArrayList<>();
  private final List<Throwable> faults = new CopyOnWriteArrayList<>();
  private boolean faultsExpected;

  private FrontUnderTest(Limits limits, HttpHandler handler, Optional<TlsEngines> tls) {
    this(limits, handler, tls, HeapBudget.ofProcess());
  }

  private FrontUnderTest(
      Limits limits, HttpHandler handler, Optional<TlsEngines> tls, HeapBudget heap) {
    this(limits, handler, tls, heap, System::nanoTime);
  }

  private FrontUnderTest(
      Limits limits,
      HttpHandler handler,
      Optional<TlsEngines> tls,
      HeapBudget heap,
      LongSupplier nanos) {
    server = new Server(limits, new Noted(refused, evicted), RULES, heap, faults::add, nanos);
    server.handler(handler == null ? this::echo : handler);
    try {
      ServerSocketChannel channel = ServerSocketChannel.open();
      channel.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 100);
      port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
      server.listen(channel, tls);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.start();
  }

  private static final CallerRules RULES =
      new CallerRules() {
        @Override
        public boolean standsForMany(InetAddress peer) {
          return peer.equals(InetAddress.ofLiteral(PROXY));
        }

        @Override
        public boolean isAlwaysServed(String method, String target) {
          return target.equals("/health");
        }
      };

  private record Noted(List<Fault> refused, List<String> evicted) implements Refusals {
    @Override
    public void evicted(EvictionRule rule, String address) {
      evicted.add(rule.word() + " " + address);
    }

    @Override
    public Page page(Fault fault, String message, String target) {
      return PLAIN.page(fault, message, target);
    }

    @Override
    public void refused(Fault fault, String message, String target, Page page) {
      refused.add(fault);
    }
  }

  static FrontUnderTest echoing() {
    return new FrontUnderTest(Limits.DEFAULT, null, Optional.empty());
  }

  static FrontUnderTest echoing(Limits limits) {
    return new FrontUnderTest(limits, null, Optional.empty());
  }

  static FrontUnderTest of(HttpHandler handler) {
    return new FrontUnderTest(Limits.DEFAULT, handler, Optional.empty());
  }

  static FrontUnderTest of(Limits limits, HttpHandler handler) {
    return new FrontUnderTest(limits, handler, Optional.empty());
  }

  /// The same with a heap of which so much may be held.
  static FrontUnderTest of(HeapBudget heap, HttpHandler handler) {
    return new FrontUnderTest(Limits.DEFAULT, handler, Optional.empty(), heap);
  }

  /// The same with a clock that the test moves; no handler for one that echoes.
  static FrontUnderTest of(Limits limits, Optional<HttpHandler> handler, SweepClock clock) {
    HeapBudget heap = HeapBudget.ofProcess();
    return new FrontUnderTest(limits, handler.orElse(null), Optional.empty(), heap, clock);
  }

  static FrontUnderTest secure(Limits limits, Supplier<SSLEngine> tls) {
    return new FrontUnderTest(limits, null, Optional.of(caller -> tls.get()));
  }

  /// Limits on time so short that a test can wait for them.
  static Limits quick() {
    return new Limits(
        Duration.ofMillis(300),
        Duration.ofMillis(300),
        Duration.ofMillis(300),
        Duration.ofMillis(300),
        100,
        64 * 1024,
        100);
  }

  /// Limits on counts and sizes.
  static Limits sizes(int connections, int headBytes, int fields) {
    Limits usual = Limits.DEFAULT;
    return new Limits(
        usual.head(),
        usual.bodyStall(),
        usual.idle(),
        usual.writeStall(),
        connections,
        headBytes,
        fields);
  }

  private void echo(HttpExchange http) throws IOException {
    RawExchange x = RawExchange.of(http);
    var body = new ByteArrayOutputStream();
    byte[] part = new byte[1000];
    for (int read = x.read(part, 0, part.length); read >= 0; read = x.read(part, 0, part.length)) {
      body.write(part, 0, read);
    }
    String text = x.method() + " " + x.target() + " " + body.toString(StandardCharsets.ISO_8859_1);
    seen.add(text);
    answer(x, 200, text);
  }

  /// Answers with this text.
  static void answer(RawExchange x, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    x.begin(status, "", new Fields(), OptionalLong.of(bytes.length));
    x.write(bytes, 0, bytes.length);
    x.finish();
  }

  Server server() {
    return server;
  }

  int port() {
    return port;
  }

  /// The requests that reached the handler.
  List<String> seen() {
    return seen;
  }

  /// What it refused by itself.
  List<Fault> refused() {
    return refused;
  }

  /// The connections that were ended to make room: rule and address.
  List<String> evicted() {
    return evicted;
  }

  /// Lets time pass by the front's clock. Returns once the sweep over all connections has seen the
  /// new time.
  void pass(SweepClock clock, Duration time) {
    int looks = clock.advance(time);
    Waiting.await(
        "the sweep to see the time",
        () -> {
          server.awake();
          return clock.looks() >= looks + 2;
        });
  }

  RawCaller caller() {
    return RawCaller.to(port);
  }

  /// The handler throws what must be told to the operator.
  FrontUnderTest expectFaults() {
    faultsExpected = true;
    return this;
  }

  List<Throwable> faults() {
    return faults;
  }

  @Override
  public void close() {
    try {
      server.stopAccepting();
      Waiting.await("no connection is left", () -> server.connections() == 0);
      // What slow readers hold is counted by the sweep, which comes every second.
      Waiting.await(
          "nothing is held",
          () -> server.gauges().values().stream().allMatch(held -> held == 0),
          () -> server.gauges().toString());
      if (!faultsExpected && !faults.isEmpty()) {
        throw new AssertionError("a fault of the engine", faults.getFirst());
      }
    } finally {
      server.close();
    }
  }
}
