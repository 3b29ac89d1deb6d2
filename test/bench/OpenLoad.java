package bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// Callers who don't wait for each other: a request leaves at each moment of a constant schedule,
/// and its delay counts from that moment, whether or not a connection was free to send it. One
/// thread sends on time, another receives.
final class OpenLoad {

  private static final long SETTLE_NANOS = 500_000_000;
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  private final Selector selector = Selector.open();
  private final List<OpenCaller> callers = new ArrayList<>();
  private final byte[] request = Wire.chat(1024);
  private final int perSecond;

  // Both threads use what is below, under the lock of this object.
  private final Deque<OpenCaller> free = new ArrayDeque<>();
  private final Deque<Long> waiting = new ArrayDeque<>();
  private final Delays delays = new Delays();
  private long countFrom = Long.MAX_VALUE;
  private long countTo = Long.MAX_VALUE;
  private int errors;
  private int open;

  OpenLoad(int port, int perSecond, int connections) throws IOException {
    this.perSecond = perSecond;
    for (int i = 0; i < connections; i++) {
      SocketChannel channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
      channel.configureBlocking(false);
      OpenCaller caller = new OpenCaller(channel);
      channel.register(selector, SelectionKey.OP_READ, caller);
      callers.add(caller);
      free.add(caller);
    }
    open = connections;
  }

  String run(int seconds) throws IOException, InterruptedException {
    long total = perSecond * (SETTLE_NANOS / 1_000_000) / 1000 + (long) perSecond * seconds;
    long start = System.nanoTime() + 50_000_000;
    synchronized (this) {
      countFrom = start + SETTLE_NANOS;
      countTo = countFrom + seconds * 1_000_000_000L;
    }
    Thread sender = Thread.ofPlatform().daemon().start(() -> sendAll(start, total));
    receive();
    sender.join();
    for (OpenCaller caller : callers) caller.close();
    selector.close();
    long missing = (long) perSecond * seconds - delays.count() - errors;
    return "sent=%d requests=%d errors=%d p50=%.1f p99=%.1f p999=%.1f max=%.1f"
        .formatted(
            total,
            delays.count(),
            errors + Math.max(0, missing),
            delays.micros(0.5),
            delays.micros(0.99),
            delays.micros(0.999),
            delays.largestMicros());
  }

  private void sendAll(long start, long total) {
    Linux.wakeOnTime();
    long pause = 1_000_000_000L / perSecond;
    for (long i = 0; i < total; i++) {
      long due = start + i * pause;
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      sendOrQueue(due);
    }
  }

  private synchronized void sendOrQueue(long due) {
    OpenCaller caller = free.poll();
    if (caller == null) waiting.add(due);
    else send(caller, due);
  }

  private synchronized void send(OpenCaller caller, long due) {
    try {
      caller.send(request, due);
    } catch (IOException e) {
      lost(caller);
    }
  }

  private void receive() throws IOException {
    long end = countTo + PATIENCE_NANOS;
    boolean begun = false;
    boolean ended = false;
    while (true) {
      selector.select(this::ready, 5);
      long now = System.nanoTime();
      if (!begun && now >= countFrom) {
        begun = true;
        Load.say("BEGIN");
      }
      if (!ended && now >= countTo) {
        ended = true;
        Load.say("END");
      }
      if (ended && (idle() || now > end)) return;
    }
  }

  private synchronized boolean idle() {
    return waiting.isEmpty() && free.size() >= open;
  }

  private void ready(SelectionKey key) {
    OpenCaller caller = (OpenCaller) key.attachment();
    try {
      if (!caller.receive()) return;
      answered(caller, System.nanoTime());
    } catch (IOException e) {
      lost(caller);
    }
  }

  private synchronized void answered(OpenCaller caller, long now) {
    long due = caller.due();
    if (due >= countFrom && due < countTo) delays.add(now - due);
    Long next = waiting.poll();
    if (next == null) free.add(caller);
    else send(caller, next);
  }

  private synchronized void lost(OpenCaller caller) {
    errors++;
    open--;
    free.remove(caller);
    caller.close();
  }
}
