package llmhop.kit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/// A connection at a [WebSocketServer]. Its thread reads; any thread may send one frame at a time.
public final class WebSocketPeer implements AutoCloseable {
  /// Opcodes (RFC 6455 section 5.2).
  public static final int TEXT = 1;

  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final List<Frame> frames = new CopyOnWriteArrayList<>();
  private volatile String head = "";
  private volatile boolean ended;
  private volatile boolean over;

  /// A frame as it came, unmasked.
  ///
  /// @param last whether it ends its message
  /// @param opcode what it is
  /// @param data what it carries
  public record Frame(boolean last, int opcode, byte[] data) {
    /// The code that a close frame carries.
    ///
    /// @return 1005 where it carries none
    public int closeCode() {
      return data.length < 2 ? 1005 : (data[0] & 0xff) << 8 | data[1] & 0xff;
    }
  }

  WebSocketPeer(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 64 * 1024));
    this.out = socket.getOutputStream();
  }

  boolean readHead() throws IOException {
    var bytes = new ByteArrayOutputStream();
    while (!bytes.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        ended = true;
        return false;
      }
      bytes.write(next);
    }
    head = bytes.toString(StandardCharsets.ISO_8859_1);
    return true;
  }

  /// The head of its request, as it came.
  ///
  /// @return with its empty line
  public String head() {
    return head;
  }

  /// A field of the request.
  ///
  /// @param name in any case
  /// @return its value, the first where there are more
  public Optional<String> field(String name) {
    return head.lines()
        .skip(1)
        .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst();
  }

  // ---- the handshake

  /// Agrees to speak WebSocket (RFC 6455 section 4.2.2).
  ///
  /// @param fields more fields, each `"Name: value"`
  /// @throws IOException when the peer is gone, or asked for something else
  public void accept(String... fields) throws IOException {
    String key = field("Sec-WebSocket-Key").orElse("");
    boolean asked =
        head.startsWith("GET ")
            && field("Upgrade").orElse("").equalsIgnoreCase("websocket")
            && field("Connection").orElse("").toLowerCase(java.util.Locale.ROOT).contains("upgrade")
            && field("Sec-WebSocket-Version").orElse("").equals("13")
            && Base64.getDecoder().decode(key).length == 16;
    if (!asked) {
      throw new Malformed("no handshake of WebSocket: " + head);
    }
    var answer = new StringBuilder("HTTP/1.1 101 Switching Protocols\r\n");
    answer.append("Upgrade: websocket\r\nConnection: Upgrade\r\n");
    answer.append("Sec-WebSocket-Accept: ").append(acceptance(key)).append("\r\n");
    for (String field : fields) {
      answer.append(field).append("\r\n");
    }
    write(answer.append("\r\n").toString());
  }

  /// What proves that a key was understood.
  ///
  /// @param key as the client sent it
  /// @return the value of `Sec-WebSocket-Accept`
  public static String acceptance(String key) {
    try {
      byte[] text = (key + MAGIC).getBytes(StandardCharsets.US_ASCII);
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  // ---- frames

  /// Echoes frames, and answers pings, until the client closes or leaves.
  ///
  /// @throws IOException when it breaks off or is wrong
  public void echo() throws IOException {
    while (true) {
      Frame frame = readFrame();
      switch (frame.opcode) {
        case CLOSE -> {
          send(frame);
          return;
        }
        case PING -> send(new Frame(true, PONG, frame.data));
        case PONG -> {}
        default -> send(frame);
      }
    }
  }

  /// The next frame.
  ///
  /// @return the frame, unmasked
  /// @throws IOException when the peer is gone, or it isn't masked as a client's must be
  public Frame readFrame() throws IOException {
    int first = readByte();
    int second = readByte();
    if ((second & 0x80) == 0 || (first & 0x70) != 0) {
      throw new Malformed("a frame of a client is not masked, or has bits that mean nothing");
    }
    long length = second & 0x7f;
    length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
    byte[] mask = in.readNBytes(4);
    byte[] data = in.readNBytes(Math.toIntExact(length));
    if (data.length < length) {
      ended = true;
      throw new EOFException("the peer left in a frame");
    }
    for (int i = 0; i < data.length; i++) {
      data[i] ^= mask[i & 3];
    }
    var frame = new Frame((first & 0x80) != 0, first & 15, data);
    frames.add(frame);
    return frame;
  }

  private int readByte() throws IOException {
    try {
      int next = in.read();
      if (next >= 0) {
        return next;
      }
    } catch (IOException e) {
      ended = true;
      throw e;
    }
    ended = true;
    throw new EOFException("the peer left");
  }

  /// Sends a frame.
  ///
  /// @param frame what to send; not masked, as a server's must be
  /// @throws IOException when the peer is gone
  public void send(Frame frame) throws IOException {
    int length = frame.data.length;
    var bytes = new ByteArrayOutputStream(length + 10);
    bytes.write((frame.last ? 0x80 : 0) | frame.opcode);
    if (length < 126) {
      bytes.write(length);
    } else if (length < 1 << 16) {
      bytes.write(126);
      bytes.write(length >> 8);
      bytes.write(length);
    } else {
      bytes.write(127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        bytes.write((int) ((long) length >> shift));
      }
    }
    bytes.writeBytes(frame.data);
    write(bytes.toByteArray());
  }

  /// Sends a ping.
  ///
  /// @param data what the pong must repeat
  /// @throws IOException when the peer is gone
  public void ping(String data) throws IOException {
    send(new Frame(true, PING, data.getBytes(StandardCharsets.UTF_8)));
  }

  /// Says goodbye.
  ///
  /// @param code why
  /// @throws IOException when the peer is gone
  public void sayClose(int code) throws IOException {
    send(new Frame(true, CLOSE, new byte[] {(byte) (code >> 8), (byte) code}));
  }

  /// Whether a pong with this text came.
  ///
  /// @param data what the ping said
  /// @return false as long as its thread hasn't read it
  public boolean hasPong(String data) {
    return frames.stream()
        .anyMatch(
            frame ->
                frame.opcode == PONG
                    && data.equals(new String(frame.data, StandardCharsets.UTF_8)));
  }

  /// The code with which the client closed.
  ///
  /// @return empty as long as it hasn't
  public Optional<Integer> closeCode() {
    return frames.stream().filter(frame -> frame.opcode == CLOSE).map(Frame::closeCode).findFirst();
  }

  // ---- bytes

  /// Any text.
  ///
  /// @param text as UTF-8
  /// @throws IOException when the peer is gone
  public void write(String text) throws IOException {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  /// Any bytes.
  ///
  /// @param bytes with one write
  /// @throws IOException when the peer is gone
  public void write(byte[] bytes) throws IOException {
    synchronized (out) {
      out.write(bytes);
    }
  }

  /// Reads so many bytes.
  ///
  /// @param count how many
  /// @return fewer at the end
  /// @throws IOException when the peer is gone
  public byte[] read(int count) throws IOException {
    return in.readNBytes(count);
  }

  /// Reads and drops until the peer ends.
  ///
  /// @return how many bytes came
  /// @throws IOException when it resets the connection
  public long drain() throws IOException {
    try {
      return in.transferTo(OutputStream.nullOutputStream());
    } finally {
      ended = true;
    }
  }

  /// Resets the connection.
  ///
  /// @throws IOException when that can't be
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /// Waits until its thread has seen the peer end the connection.
  public void awaitEnd() {
    Waiting.await("the peer to end the connection", () -> ended);
  }

  /// Whether its thread is through.
  ///
  /// @return false while it is served
  boolean isOver() {
    return over;
  }

  @Override
  public void close() throws IOException {
    socket.close();
    over = true;
  }
}
