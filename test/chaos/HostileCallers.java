package chaos;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/// Callers of a hostile backend that misbehave themselves: uploads that wait for `100 Continue`,
/// that come late, or not at all, and callers that leave in the middle. Nothing is asked of what
/// they get, but that it comes to an end.
final class HostileCallers {

  private static final int UPLOAD_BYTES = 100_000;
  private static final int PATIENCE_MILLIS = 100;

  private final Router router;
  private final String model;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicInteger sent = new AtomicInteger();
  private volatile boolean stopped;

  private HostileCallers(Router router, String model) {
    this.router = router;
    this.model = model;
  }

  static HostileCallers start(Router router, String model, int count) {
    HostileCallers callers = new HostileCallers(router, model);
    for (int i = 0; i < count; i++) {
      callers.threads.add(Thread.startVirtualThread(callers::attackOften));
    }
    return callers;
  }

  /// How many requests they have sent.
  int sent() {
    return sent.get();
  }

  /// Waits for all of them to end.
  void stop() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) thread.join();
  }

  private void attackOften() {
    while (!stopped) {
      try (Socket socket = new Socket()) {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(new InetSocketAddress("127.0.0.1", router.port()));
        sent.incrementAndGet();
        attack(socket, ThreadLocalRandom.current());
      } catch (IOException e) {
        // The router has ended it, or has nothing more to say.
      }
    }
  }

  private void attack(Socket socket, ThreadLocalRandom chance) throws IOException {
    String upload =
        "POST /route/%s/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
            .formatted(model, UPLOAD_BYTES);
    byte[] body = "y".repeat(UPLOAD_BYTES).getBytes(StandardCharsets.US_ASCII);
    switch (chance.nextInt(5)) {
      case 0, 1 -> {
        write(socket, upload + "Expect: 100-continue\r\n\r\n");
        read(socket, 2_000);
      }
      case 2 -> {
        write(socket, upload + "Expect: 100-continue\r\n\r\n");
        socket.getInputStream().read();
        socket.getOutputStream().write(body);
        read(socket, 100_000);
      }
      case 3 -> {
        write(socket, upload + "\r\n");
        socket.getOutputStream().write(body, 0, chance.nextInt(UPLOAD_BYTES));
        if (chance.nextBoolean()) socket.setSoLinger(true, 0);
      }
      default -> {
        String large = "[{\"role\":\"user\",\"content\":\"" + "z".repeat(200_000) + "\"}]";
        Ask ask = Ask.of(model).streamed(chance.nextBoolean());
        socket.getOutputStream().write((chance.nextBoolean() ? ask.messages(large) : ask).bytes());
        read(socket, chance.nextInt(5_000));
      }
    }
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  // So many bytes at most, then it leaves.
  private static void read(Socket socket, int most) throws IOException {
    InputStream in = socket.getInputStream();
    byte[] some = new byte[16 * 1024];
    int left = most;
    while (left > 0) {
      int read = in.read(some);
      if (read < 0) return;
      left -= read;
    }
  }
}
