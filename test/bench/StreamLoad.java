package bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/// Many event streams at once, each read to its end and compared byte for byte. They are opened one
/// after the other, so that their events are spread over time as those of real answers.
final class StreamLoad {

  private static final long SETTLE_NANOS = 500_000_000;
  private static final long TAIL_NANOS = 1_500_000_000;
  private static final long PATIENCE_NANOS = 8_000_000_000L;

  private final Selector selector = Selector.open();
  private final InetSocketAddress address;
  private final int streams;
  private final int millis;

  private final Delays firstByte = new Delays();
  private final Delays delays = new Delays();
  private boolean counting;
  private int opened;
  private int whole;
  private int lost;
  private int live;
  private String why = "";

  StreamLoad(int port, int streams, int millis) throws IOException {
    this.address = new InetSocketAddress("127.0.0.1", port);
    this.streams = streams;
    this.millis = millis;
  }

  String run(int openedPerSecond, int seconds) throws IOException {
    long windowNanos = seconds * 1_000_000_000L;
    long openNanos = streams * 1_000_000_000L / openedPerSecond;
    int events =
        (int) ((openNanos + SETTLE_NANOS + windowNanos + TAIL_NANOS) / 1_000_000 / millis) + 1;
    byte[] request = Wire.stream(events, millis);
    long start = System.nanoTime();
    while (opened < streams) {
      long due = start + opened * openNanos / streams;
      if (due <= System.nanoTime()) open(request, events);
      else selectFor(due - System.nanoTime());
    }
    selectUntil(System.nanoTime() + SETTLE_NANOS);
    Load.say("BEGIN");
    int liveAtBegin = live;
    counting = true;
    selectUntil(System.nanoTime() + windowNanos);
    counting = false;
    Load.say("END");
    long end = System.nanoTime() + (long) events * millis * 1_000_000 + PATIENCE_NANOS;
    while (whole + lost < streams && System.nanoTime() < end) selectFor(100_000_000);
    for (SelectionKey key : selector.keys()) key.channel().close();
    selector.close();
    return ("events=%d live=%d lost=%d p50=%.1f p99=%.1f max=%.1f first50=%.1f first99=%.1f why=%s")
        .formatted(
            delays.count(),
            liveAtBegin,
            streams - whole,
            delays.micros(0.5),
            delays.micros(0.99),
            delays.largestMicros(),
            firstByte.micros(0.5),
            firstByte.micros(0.99),
            why.replaceAll("\\s+", "_"));
  }

  private void open(byte[] request, int events) throws IOException {
    opened++;
    live++;
    SocketChannel channel = SocketChannel.open();
    channel.configureBlocking(false);
    StreamCaller caller = new StreamCaller(channel, request, events, System.nanoTime());
    SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, caller);
    try {
      if (channel.connect(address)) caller.connected(key);
    } catch (IOException e) {
      lose(key, e);
    }
  }

  private void selectUntil(long end) throws IOException {
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      selectFor(left);
    }
  }

  private void selectFor(long nanos) throws IOException {
    selector.select(this::ready, Math.max(1, nanos / 1_000_000));
  }

  private void ready(SelectionKey key) {
    StreamCaller caller = (StreamCaller) key.attachment();
    try {
      if (key.isConnectable()) {
        caller.connected(key);
      } else if (caller.receive(firstByte, counting ? delays : null)) {
        whole++;
        live--;
        key.channel().close();
      }
    } catch (IOException e) {
      lose(key, e);
    }
  }

  private void lose(SelectionKey key, IOException e) {
    lost++;
    live--;
    if (why.isEmpty()) why = e.toString();
    try {
      key.channel().close();
    } catch (IOException closing) {
      // It is closed in any case.
    }
  }
}
