package chaos;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// One address floods the router with what costs it most, and another address does not notice:
/// handshakes that are begun and never ended, names that no model has, connections that do nothing.
final class Floods implements Scenario {

  private static final String GREEDY = "127.0.0.2";
  private static final String HONEST = "127.0.0.3";
  private static final int SHAKERS = 32;
  private static final int GUESSERS = 8;
  private static final int MODELS = 3_000;
  private static final int PLACES = 50;
  private static final int SILENT = 200;
  private static final double MAX_P90_MILLIS = 100;
  private static final int PATIENCE_MILLIS = 20_000;
  private static final int READY_MILLIS = 15_000;
  private static final int END_SECONDS = 10;
  private static final String PASSWORD = "only-for-chaos";
  private static final byte[] HEALTH =
      "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  @Override
  public String name() {
    return "floods";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    return List.of(handshakes(lab), names(lab), silence(lab));
  }

  private static long millis(Lab lab) {
    return lab.brief() ? 3_000 : 8_000;
  }

  // ---- handshakes

  private static Row handshakes(Lab lab) throws IOException, InterruptedException {
    int port = lab.freePort();
    Program router = secureRouter(lab, port);
    Tally tally = new Tally();
    Row row = new Row("floods: handshakes", tally, "p90 of a kept connection under 100 ms");
    SSLContext context = trusting();
    Waiting.until(READY_MILLIS, () -> !router.lives() || isReady(context, port));
    byte[] hello = hello(context);
    try (Flood flood = new Flood(SHAKERS, number -> shake(port, hello));
        Socket kept = secure(context, port)) {
      judge(row, tally, kept, millis(lab));
      row.must(flood.rounds() > 0, "there was no flood: " + flood.rounds());
    }
    int code = router.stop(END_SECONDS);
    return row.must(code == 0, "the router ended with " + code);
  }

  private static Program secureRouter(Lab lab, int port) throws IOException, InterruptedException {
    Path folder = lab.folder();
    makeCertificate(folder);
    Path config = folder.resolve("secure.json");
    Files.writeString(
        config,
        """
        {"listen": "127.0.0.1:%d", "tls": {"cert": "%s", "key": "%s"},
         "models": {"m": {"url": "http://127.0.0.1:1"}}}
        """
            .formatted(port, folder.resolve("c.pem"), folder.resolve("k.pem")));
    return lab.program("secure", config);
  }

  /// A key of RSA 4096, as many have: its signatures cost most.
  private static void makeCertificate(Path folder) throws IOException, InterruptedException {
    Path file = folder.resolve("key.p12");
    List<String> command =
        new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/keytool"));
    command.addAll(List.of("-genkeypair", "-alias", "k", "-keyalg", "RSA", "-keysize", "4096"));
    command.addAll(List.of("-dname", "CN=localhost", "-storetype", "PKCS12"));
    command.addAll(List.of("-keystore", file.toString(), "-storepass", PASSWORD));
    new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
    try {
      char[] password = PASSWORD.toCharArray();
      KeyStore store = KeyStore.getInstance(file.toFile(), password);
      byte[] cert = store.getCertificate("k").getEncoded();
      byte[] key = store.getKey("k", password).getEncoded();
      Files.writeString(folder.resolve("c.pem"), pem("CERTIFICATE", cert));
      Files.writeString(folder.resolve("k.pem"), pem("PRIVATE KEY", key));
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static String pem(String kind, byte[] bytes) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n";
  }

  private static SSLContext trusting() throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Trusting()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static final class Trusting implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String kind) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String kind) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private static boolean isReady(SSLContext context, int port) {
    try (Socket socket = secure(context, port)) {
      return ask(socket, HEALTH) == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private static Socket secure(SSLContext context, int port) throws IOException {
    Socket plain = connect(HONEST, port);
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", port, true);
    socket.startHandshake();
    return socket;
  }

  /// The first bytes of a handshake, which cost the sender nothing to say again.
  private static byte[] hello(SSLContext context) throws IOException {
    SSLEngine engine = context.createSSLEngine("localhost", 443);
    engine.setUseClientMode(true);
    ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), hello);
    return Arrays.copyOf(hello.array(), hello.position());
  }

  private static void shake(int port, byte[] hello) throws IOException {
    try (Socket socket = connect(GREEDY, port)) {
      socket.getOutputStream().write(hello);
      socket.getInputStream().read();
    }
  }

  // ---- names

  private static Row names(Lab lab) throws IOException, InterruptedException {
    StringBuilder models = new StringBuilder("{");
    for (int i = 0; i < MODELS; i++) {
      models.append(i == 0 ? "" : ", ");
      models.append("\"vendor/some-model-with-a-long-name-%04d-instruct\"".formatted(i));
      models.append(": {\"url\": \"http://127.0.0.1:1\"}");
    }
    Router router = lab.router(models.append("}").toString());
    Tally tally = new Tally();
    Row row =
        new Row("floods: unknown models", tally, "p90 of new and kept connections under 100 ms");
    AtomicInteger next = new AtomicInteger();
    try (Flood flood = new Flood(GUESSERS, number -> guess(router.port(), next))) {
      try (Socket kept = connect(HONEST, router.port())) {
        judge(row, tally, kept, millis(lab) / 2);
      }
      judgeNew(row, tally, router.port(), millis(lab) / 2);
      row.must(flood.rounds() > GUESSERS, "there was no flood: " + flood.rounds());
    }
    return row;
  }

  /// Asks for many unknown names, each another one, on one connection.
  private static void guess(int port, AtomicInteger next) throws IOException {
    try (Socket socket = connect(GREEDY, port)) {
      for (int i = 0; i < 5; i++) {
        String name =
            "vendor/some-model-with-a-lang-mane-%08x-xnstruct".formatted(next.addAndGet(7919));
        byte[] request =
            ("GET /v1/models/" + name.replace("/", "%2F") + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        if (ask(socket, request) != 404) return;
      }
    }
  }

  // ---- silence

  private static Row silence(Lab lab) throws IOException, InterruptedException {
    int port = lab.freePort();
    String keys = "\"http\": {\"maxConnections\": %d},".formatted(PLACES);
    Router router = lab.router(port, "", keys, "{\"m\": {\"url\": \"http://127.0.0.1:1\"}}");
    Tally tally = new Tally();
    Row row = new Row("floods: idle connections", tally, "/health is always answered");
    List<Socket> silent = new ArrayList<>();
    for (int i = 0; i < SILENT; i++) {
      silent.add(connect(GREEDY, port));
    }
    judgeNew(row, tally, port, millis(lab) / 2);
    for (Socket socket : silent) socket.close();
    return row;
  }

  // ---- the honest one

  private static void judge(Row row, Tally tally, Socket kept, long millis) throws IOException {
    List<Double> took = new ArrayList<>();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() < end) {
      measure(row, tally, took, () -> ask(kept, HEALTH));
    }
    judge(row, took, "on a kept connection");
  }

  private static void judgeNew(Row row, Tally tally, int port, long millis) throws IOException {
    List<Double> took = new ArrayList<>();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() < end) {
      measure(
          row,
          tally,
          took,
          () -> {
            try (Socket socket = connect(HONEST, port)) {
              return ask(socket, HEALTH);
            }
          });
    }
    judge(row, took, "on new connections");
  }

  private interface Asking {
    int ask() throws IOException;
  }

  private static void measure(Row row, Tally tally, List<Double> took, Asking asking)
      throws IOException {
    tally.sending();
    long begun = System.nanoTime();
    int status = asking.ask();
    took.add((System.nanoTime() - begun) / 1e6);
    tally.left();
    row.must(status == 200, "status " + status);
  }

  private static void judge(Row row, List<Double> took, String where) {
    List<Double> sorted = took.stream().sorted().toList();
    double p90 = sorted.get(sorted.size() * 9 / 10);
    row.must(p90 <= MAX_P90_MILLIS, "p90 %s is %.0f ms of %d".formatted(where, p90, sorted.size()));
  }

  private static Socket connect(String from, int port) throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
    socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
    return socket;
  }

  /// Asks, and reads an answer that states its length.
  private static int ask(Socket socket, byte[] request) throws IOException {
    socket.getOutputStream().write(request);
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int octet = in.read();
      if (octet < 0) throw new IOException("closed instead of an answer");
      head.append((char) octet);
    }
    String length =
        head.toString().replaceFirst("(?is).*\r\ncontent-length: *([0-9]+)\r\n.*", "$1");
    in.readNBytes(Integer.parseInt(length));
    return Integer.parseInt(head.substring(9, 12));
  }

  /// Threads that do the same again and again.
  private static final class Flood implements AutoCloseable {
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger rounds = new AtomicInteger();
    private volatile boolean over;

    private interface Round {
      void run(int number) throws IOException;
    }

    Flood(int count, Round round) {
      for (int i = 0; i < count; i++) {
        int number = i;
        threads.add(Thread.ofPlatform().daemon().start(() -> repeat(round, number)));
      }
    }

    private void repeat(Round round, int number) {
      while (!over) {
        try {
          round.run(number);
        } catch (IOException e) {
          // It was refused or cut, and comes again.
        }
        rounds.incrementAndGet();
      }
    }

    int rounds() {
      return rounds.get();
    }

    @Override
    public void close() {
      over = true;
      for (Thread thread : threads) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
