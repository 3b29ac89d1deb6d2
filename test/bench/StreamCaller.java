package bench;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/// One caller of `StreamLoad`: takes a chunked stream apart, in whatever pieces it comes.
///
///     HEAD -> SIZE -> DATA -> DATA_END -> SIZE -> ... -> LAST -> over
final class StreamCaller {

  private enum Part {
    HEAD,
    SIZE,
    DATA,
    DATA_END,
    LAST
  }

  private static final int HEAD_END = 0x0D0A0D0A;
  private static final int MOST_HEAD_BYTES = 8192;

  // One thread serves all callers.
  private static final ByteBuffer IN = ByteBuffer.allocateDirect(64 * 1024);

  private final SocketChannel channel;
  private final byte[] request;
  private final int events;
  private final long begun;

  private Part part = Part.HEAD;
  private final StringBuilder head = new StringBuilder(256);
  private int last4;
  private int size;
  private int left;

  // Where in an event the stream is, and what its digits said so far.
  private int at;
  private boolean done;
  private long time;
  private int number;
  private int seen;

  StreamCaller(SocketChannel channel, byte[] request, int events, long begun) {
    this.channel = channel;
    this.request = request;
    this.events = events;
    this.begun = begun;
  }

  void connected(SelectionKey key) throws IOException {
    channel.finishConnect();
    ByteBuffer out = ByteBuffer.wrap(request);
    channel.write(out);
    if (out.hasRemaining()) throw new IOException("the system takes no request of 1 KiB");
    key.interestOps(SelectionKey.OP_READ);
  }

  /// Reads what has come; true when that was the end.
  ///
  /// @param firstByte gets the time from the connect to the first byte
  /// @param delays gets each event's time on the way, unless null
  boolean receive(Delays firstByte, Delays delays) throws IOException {
    IN.clear();
    int read = channel.read(IN);
    long now = System.nanoTime();
    if (read < 0) throw new EOFException("the stream broke off");
    if (read > 0 && head.isEmpty()) firstByte.add(now - begun);
    IN.flip();
    while (IN.hasRemaining()) {
      if (take(IN.get(), now, delays)) {
        if (IN.hasRemaining()) throw new IOException("more came than the stream");
        return true;
      }
    }
    return false;
  }

  private boolean take(byte next, long now, Delays delays) throws IOException {
    switch (part) {
      case HEAD -> takeHead(next);
      case SIZE -> takeSize(next);
      case DATA -> {
        takeEvent(next, now, delays);
        if (--left == 0) part = Part.DATA_END;
      }
      case DATA_END -> {
        if (next == '\n') part = Part.SIZE;
      }
      case LAST -> {
        if (next == '\n') return end();
      }
    }
    return false;
  }

  private void takeHead(byte next) throws IOException {
    head.append((char) next);
    last4 = last4 << 8 | (next & 0xFF);
    if (head.length() > MOST_HEAD_BYTES) throw new IOException("a head that is too long");
    if (last4 != HEAD_END) return;
    if (head.indexOf("HTTP/1.1 200") != 0) throw new IOException(head.substring(0, 40));
    head.setLength(1);
    head.trimToSize();
    part = Part.SIZE;
  }

  private void takeSize(byte next) throws IOException {
    int digit = Character.digit(next, 16);
    if (digit >= 0) {
      size = size * 16 + digit;
    } else if (next == '\n') {
      left = size;
      size = 0;
      part = left == 0 ? Part.LAST : Part.DATA;
    } else if (next != '\r') {
      throw new IOException("a wrong size of a chunk");
    }
  }

  private void takeEvent(byte next, long now, Delays delays) throws IOException {
    if (seen == events) {
      if (done || next != Wire.LAST_EVENT[at++]) throw new IOException("wrong bytes at the end");
      done = at == Wire.LAST_EVENT.length;
      return;
    }
    if (at >= Wire.TIME_AT && at < Wire.TIME_AT + Wire.TIME_DIGITS) {
      time = time * 10 + next - '0';
    } else if (at >= Wire.NUMBER_AT && at < Wire.NUMBER_AT + Wire.NUMBER_DIGITS) {
      number = number * 10 + next - '0';
    } else if (next != Wire.EVENT[at]) {
      throw new IOException("wrong bytes in an event");
    }
    if (++at == Wire.EVENT.length) takeWholeEvent(now, delays);
  }

  private void takeWholeEvent(long now, Delays delays) throws IOException {
    if (number != seen) throw new IOException("event " + number + " came as number " + seen);
    if (delays != null) delays.add(now - time);
    seen++;
    at = 0;
    time = 0;
    number = 0;
  }

  private boolean end() throws IOException {
    if (!done) throw new IOException("the stream ended too early");
    return true;
  }
}
