package bench;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/// The part with many large bodies at once: how each is answered, and how much memory it takes.
///
/// @param lab where it runs
record Burst(Lab lab) {

  private static final int CALLERS = 50;
  private static final int BODY_BYTES = 10 * 1024 * 1024;
  private static final int PATIENCE_MILLIS = 30_000;
  private static final String HEAP = "-Xmx512m";
  private static final double MB = 1e6;

  void run() throws IOException, InterruptedException {
    Report report = lab.report();
    report.title(
        "%d bodies of 10 MiB at once, llmhop with %s:".formatted(CALLERS, HEAP),
        "proxy",
        "answers",
        "seconds",
        "peak resident MB");
    for (String name : lab.settings().proxies()) {
      try (Proxy proxy = start(name)) {
        measure(proxy);
      } catch (IOException | IllegalStateException e) {
        report.errors(name, "burst of large bodies", e.toString());
      }
    }
  }

  // In a process of its own, so that the peak is that of the burst.
  private Proxy start(String name) throws IOException, InterruptedException {
    List<String> options = new ArrayList<>(lab.settings().javaOptions());
    options.removeIf(option -> option.startsWith("-Xmx") || option.startsWith("-Xms"));
    options.add(HEAP);
    return lab.start(name, options);
  }

  private void measure(Proxy proxy) throws IOException, InterruptedException {
    byte[] request = Wire.embeddings(BODY_BYTES);
    ConcurrentLinkedQueue<String> answers = new ConcurrentLinkedQueue<>();
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      callers.add(
          Thread.ofVirtual().start(() -> answers.add(ask(proxy.backendPort(), request, start))));
    }
    long begun = System.nanoTime();
    start.countDown();
    for (Thread caller : callers) caller.join();
    double seconds = (System.nanoTime() - begun) / 1e9;
    Map<String, Integer> counts = new TreeMap<>();
    answers.forEach(answer -> counts.merge(answer, 1, Integer::sum));
    boolean lives = proxy.program().lives();
    String peak = lives ? Report.number(Memory.peak(proxy.pids()) / MB, 0) : "died";
    lab.report().row(proxy.name(), counts, Report.number(seconds, 1), peak);
    int honest = counts.getOrDefault("200", 0) + counts.getOrDefault("503", 0);
    if (honest < CALLERS || !lives) {
      lab.report().errors(proxy.name(), "burst of large bodies", "answered " + counts);
    }
    if (proxy.isLlmhop()) {
      lab.report().bar("large bodies at once, neither 200 nor 503", CALLERS - honest, 0, "");
    }
  }

  // A proxy may answer while the body is still being sent: so another thread sends.
  private static String ask(int port, byte[] request, CountDownLatch start) {
    try (Socket socket = new Socket()) {
      start.await();
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.connect(new InetSocketAddress("127.0.0.1", port), PATIENCE_MILLIS);
      OutputStream out = socket.getOutputStream();
      Thread.ofVirtual().start(() -> send(out, request));
      Answer answer = Answer.read(socket.getInputStream());
      return answer.status() == 200 && !answer.isRight() ? "wrong bytes" : "" + answer.status();
    } catch (IOException e) {
      return e.getClass().getSimpleName();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private static void send(OutputStream out, byte[] request) {
    try {
      out.write(request);
    } catch (IOException e) {
      // The answer tells why.
    }
  }
}
