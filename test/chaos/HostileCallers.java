package chaos;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/// Callers of a hostile backend that misbehave themselves: uploads that wait for `100 Continue`,
/// that come late, or not at all, and callers that leave in the middle. What they get must come to
/// an end; interim answers must be whole, and none within another one.
final class HostileCallers {

  private static final int UPLOAD_BYTES = 100_000;
  private static final int PATIENCE_MILLIS = 100;
  private static final int AT_ONCE = 8;
  private static final int MOST_HEADS = 17;
  private static final int MOST_WRONG = 5;
  private static final String END = "\r\n\r\n";
  private static final String CONTINUE = "HTTP/1.1 100 Continue";
  private static final String LINK = "\r\nLink: </hostile>; rel=preload";

  private final Router router;
  private final String model;
  private final boolean onlyWait;
  private final List<Thread> threads = new ArrayList<>();
  private final List<String> wrong = new CopyOnWriteArrayList<>();
  private final AtomicInteger sent = new AtomicInteger();
  private volatile boolean stopped;

  private HostileCallers(Router router, String model, boolean onlyWait) {
    this.router = router;
    this.model = model;
    this.onlyWait = onlyWait;
  }

  /// Begins.
  ///
  /// @param onlyWait whether all of them wait for `100 Continue`, and leave once hints have come
  static HostileCallers start(Router router, String model, int count, boolean onlyWait) {
    HostileCallers callers = new HostileCallers(router, model, onlyWait);
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
      try (Socket socket = connect()) {
        sent.incrementAndGet();
        if (onlyWait) attackAtOnce(socket);
        else attack(socket, ThreadLocalRandom.current());
      } catch (IOException e) {
        // The router has ended it, or has nothing more to say.
      }
    }
  }

  // Several at the same moment, so that the router has more to do than it has threads.
  private void attackAtOnce(Socket first) throws IOException {
    List<Socket> all = new ArrayList<>(List.of(first));
    try {
      while (all.size() < AT_ONCE) all.add(connect());
      sent.addAndGet(AT_ONCE - 1);
      for (Socket each : all) write(each, upload() + "Expect: 100-continue\r\n\r\n");
      for (Socket each : all) judge(readText(each));
    } finally {
      for (Socket each : all) each.close();
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(new InetSocketAddress("127.0.0.1", router.port()));
    return socket;
  }

  private String upload() {
    return "POST /route/%s/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
        .formatted(model, UPLOAD_BYTES);
  }

  private void attack(Socket socket, ThreadLocalRandom chance) throws IOException {
    String upload = upload();
    byte[] body = "y".repeat(UPLOAD_BYTES).getBytes(StandardCharsets.US_ASCII);
    switch (chance.nextInt(5)) {
      case 0, 1 -> {
        write(socket, upload + "Expect: 100-continue\r\n\r\n");
        judge(readText(socket));
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

  // Each head stands by itself, and the interim one that asks for the body came once at most.
  private void judge(String text) {
    int continues = 0;
    int begin = 0;
    for (int end = text.indexOf(END); end >= 0; end = text.indexOf(END, begin)) {
      String head = text.substring(begin, end);
      begin = end + END.length();
      if (head.lastIndexOf("HTTP/1.1 ") != 0) wrong("not one head", head);
      if (!head.startsWith("HTTP/1.1 1")) return;
      boolean asks = head.equals(CONTINUE);
      boolean hints = head.startsWith("HTTP/1.1 103 ") && head.split(LINK, -1).length == 2;
      continues += asks ? 1 : 0;
      if (!asks && !hints || continues > 1) wrong("no interim head as it should be", head);
    }
  }

  private void wrong(String what, String head) {
    if (wrong.size() < MOST_WRONG) wrong.add(what + ": " + head.replaceAll("\\s+", " "));
  }

  /// What was wrong with what they got.
  List<String> wrong() {
    return wrong;
  }

  // Interim answers, as many as there can be, or as come in time.
  private static String readText(Socket socket) throws IOException {
    StringBuilder text = new StringBuilder();
    byte[] some = new byte[16 * 1024];
    try {
      for (int read = socket.getInputStream().read(some); read >= 0; ) {
        text.append(new String(some, 0, read, StandardCharsets.ISO_8859_1));
        if (text.toString().split(END, -1).length > MOST_HEADS) break;
        read = socket.getInputStream().read(some);
      }
    } catch (SocketTimeoutException e) {
      // That was all.
    }
    return text.toString();
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
