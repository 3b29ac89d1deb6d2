package llmhop;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/// The datagram socket on which systemd listens for the state of its services. May be told by any
/// thread.
final class NotifySocket implements Notifier {
  private static final short AF_UNIX = 1;

  /// The length of `sun_path`; a path in it ends with a zero byte, an abstract name needs none.
  private static final int LONGEST_NAME = 108;

  /// So long a busy systemd is waited for, in steps.
  private static final int STEPS = 200;

  private static final int STEP_MILLIS = 10;
  private static final int NONE = -1;

  private final String address;
  private final PrintStream err;

  /// Open from the first word to the end of the process: closing it is one more call to link.
  private int socket = NONE;

  private boolean toldFailure;

  /// @param address a path, or an abstract name as `@name`
  NotifySocket(String address, PrintStream err) {
    this.address = address;
    this.err = err;
  }

  @Override
  public void ready(String status) {
    tell("READY=1\n" + statusLine(status));
  }

  @Override
  public void reloading() {
    try {
      tell("RELOADING=1\nMONOTONIC_USEC=" + Native.monotonicMicros());
    } catch (IOException | RuntimeException | LinkageError e) {
      failed(e);
    }
  }

  @Override
  public void stopping(String status) {
    tell("STOPPING=1\n" + statusLine(status));
  }

  @Override
  public void status(String status) {
    tell(statusLine(status));
  }

  /// A line break would begin another assignment.
  private static String statusLine(String status) {
    return "STATUS=" + status.replaceAll("\\R", " ");
  }

  private void tell(String message) {
    try {
      send(socketAddress(address), message.getBytes(StandardCharsets.UTF_8));
    } catch (IOException | RuntimeException | LinkageError e) {
      // A JVM in which native access is denied must run the service all the same.
      failed(e);
    }
  }

  /// Never waits for ever: the service is more than its manager.
  private synchronized void send(byte[] to, byte[] message) throws IOException {
    if (socket == NONE) {
      socket = Native.datagramSocket();
    }
    for (int step = 0; step < STEPS; step++) {
      if (Native.send(socket, to, message)) {
        return;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(STEP_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while its queue was full", e);
      }
    }
    throw new IOException("its queue stays full");
  }

  private synchronized void failed(Throwable e) {
    if (!toldFailure) {
      toldFailure = true;
      err.println(
          "llmhop: warning: can't tell systemd at NOTIFY_SOCKET=%s: %s"
              .formatted(address, reason(e)));
    }
  }

  /// Denied native access comes as the cause of an error without a message.
  private static String reason(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.toString() : root.getMessage();
  }

  /// A `struct sockaddr_un`: the family in the machine's byte order, then the name.
  static byte[] socketAddress(String address) throws IOException {
    byte[] name = address.getBytes(StandardCharsets.UTF_8);
    boolean abstractName = address.startsWith("@");
    if (!abstractName && !address.startsWith("/")) {
      throw new IOException("only a path or an @name is supported");
    }
    int length = abstractName ? name.length : name.length + 1;
    if (length > LONGEST_NAME) {
      throw new IOException("the name is too long for a Unix socket");
    }
    ByteBuffer bytes = ByteBuffer.allocate(Short.BYTES + length).order(ByteOrder.nativeOrder());
    bytes.putShort(AF_UNIX).put(name);
    if (abstractName) {
      bytes.put(Short.BYTES, (byte) 0);
    }
    return bytes.array();
  }
}
