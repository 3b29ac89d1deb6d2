package bench;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One connection to `Backend`: requests one after the other, with the beginning of each kept.
final class BackendConnection implements Comparable<BackendConnection> {

  private static final int KEPT = 8192;
  private static final int HEAD_END = 0x0D0A0D0A;
  private static final Pattern LENGTH = Pattern.compile("\r\ncontent-length: *([0-9]+)");
  private static final Pattern STREAM = Pattern.compile("\"events\":([0-9]+),\"millis\":([0-9]+)");

  private static final byte[] ANSWER =
      Wire.bytes(
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
              + (Wire.ANSWER.length() + "\r\n\r\n" + Wire.ANSWER));
  private static final byte[] STREAM_HEAD =
      Wire.bytes(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n");
  private static final byte[] CHUNK = chunk(Wire.EVENT);
  private static final byte[] END =
      Wire.bytes(new String(chunk(Wire.LAST_EVENT), StandardCharsets.US_ASCII) + "0\r\n\r\n");
  private static final int EVENT_AT = Integer.toHexString(Wire.EVENT.length).length() + 2;

  // One thread serves all connections, so they share what holds nothing between two calls.
  private static final ByteBuffer IN = ByteBuffer.allocateDirect(256 * 1024);
  private static final ByteBuffer OUT = ByteBuffer.allocateDirect(4096);

  private final SocketChannel channel;
  private final SelectionKey key;
  private final byte[] kept = new byte[KEPT];
  private int keptBytes;
  private boolean inBody;
  private long bodyLeft;
  private int last4;
  private ByteBuffer unsent = ByteBuffer.allocate(0);

  private long due;
  private long pauseNanos;
  private int sent;
  private int events;

  BackendConnection(SocketChannel channel, SelectionKey key) {
    this.channel = channel;
    this.key = key;
  }

  SelectionKey key() {
    return key;
  }

  /// When the next event is to be sent.
  long due() {
    return due;
  }

  @Override
  public int compareTo(BackendConnection other) {
    return Long.signum(due - other.due);
  }

  /// Reads and writes what can be; `begin` gets this connection when a stream begins.
  void ready(Consumer<BackendConnection> begin) throws IOException {
    if (key.isWritable()) writeUnsent();
    if (!key.isReadable()) return;
    IN.clear();
    int read = channel.read(IN);
    if (read < 0) throw new EOFException();
    IN.flip();
    while (IN.hasRemaining()) take(begin);
  }

  private void take(Consumer<BackendConnection> begin) throws IOException {
    if (!inBody) {
      takeHead();
    } else {
      int some = (int) Math.min(bodyLeft, IN.remaining());
      int room = Math.min(some, KEPT - keptBytes);
      IN.get(IN.position(), kept, keptBytes, room);
      keptBytes += room;
      IN.position(IN.position() + some);
      bodyLeft -= some;
    }
    if (inBody && bodyLeft == 0) answer(begin);
  }

  private void takeHead() throws IOException {
    while (IN.hasRemaining() && last4 != HEAD_END) {
      if (keptBytes == KEPT) throw new IOException("a head that is too long");
      byte next = IN.get();
      kept[keptBytes++] = next;
      last4 = last4 << 8 | (next & 0xFF);
    }
    if (last4 != HEAD_END) return;
    Matcher length = LENGTH.matcher(text().toLowerCase(Locale.ROOT));
    if (!length.find()) throw new IOException("a body of unknown length");
    bodyLeft = Long.parseLong(length.group(1));
    inBody = true;
  }

  private void answer(Consumer<BackendConnection> begin) throws IOException {
    Matcher stream = STREAM.matcher(text());
    boolean streams = stream.find();
    keptBytes = 0;
    last4 = 0;
    inBody = false;
    if (!streams) {
      send(ANSWER);
      return;
    }
    send(STREAM_HEAD);
    events = Integer.parseInt(stream.group(1));
    pauseNanos = Integer.parseInt(stream.group(2)) * 1_000_000L;
    sent = 0;
    due = System.nanoTime() + pauseNanos;
    begin.accept(this);
  }

  /// Sends the event that is due, or the end; says whether there will be another.
  boolean sendNext() throws IOException {
    if (!channel.isOpen()) return false;
    if (sent == events) {
      send(END);
      return false;
    }
    digits(EVENT_AT + Wire.NUMBER_AT, Wire.NUMBER_DIGITS, sent++);
    digits(EVENT_AT + Wire.TIME_AT, Wire.TIME_DIGITS, System.nanoTime());
    send(CHUNK);
    due += pauseNanos;
    return true;
  }

  private void send(byte[] bytes) throws IOException {
    if (unsent.hasRemaining()) {
      keepUnsent(ByteBuffer.wrap(bytes));
      return;
    }
    OUT.clear().put(bytes).flip();
    channel.write(OUT);
    if (OUT.hasRemaining()) keepUnsent(OUT);
  }

  private void keepUnsent(ByteBuffer more) {
    ByteBuffer both = ByteBuffer.allocate(unsent.remaining() + more.remaining());
    unsent = both.put(unsent).put(more).flip();
    key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
  }

  private void writeUnsent() throws IOException {
    channel.write(unsent);
    if (!unsent.hasRemaining()) key.interestOps(SelectionKey.OP_READ);
  }

  private String text() {
    return new String(kept, 0, keptBytes, StandardCharsets.ISO_8859_1);
  }

  private static void digits(int at, int count, long number) {
    long left = number;
    for (int i = at + count - 1; i >= at; i--) {
      CHUNK[i] = (byte) ('0' + left % 10);
      left /= 10;
    }
  }

  private static byte[] chunk(byte[] event) {
    return Wire.bytes(
        Integer.toHexString(event.length)
            + ("\r\n" + new String(event, StandardCharsets.US_ASCII) + "\r\n"));
  }
}
