package llmhop.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llmhop.http.front.Limits;
import llmhop.http.front.RawExchange;
import llmhop.http.front.Refusals;
import llmhop.http.front.Server;
import llmhop.http.wire.Fields;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Random requests, most of them spoiled: the engine serves what the strictest reader sees, or
/// less, and never anything else. `llmhop.fuzz.seconds` says for how long, `llmhop.fuzz.seed` from
/// where.
class FrontFuzzTest {
  private static final int MOST_MILLIS_FOR_ONE = 5_000;
  private static final long SECONDS = Long.getLong("llmhop.fuzz.seconds", 3);
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");

  private final List<String> handled = new CopyOnWriteArrayList<>();
  private final List<Throwable> faults = new CopyOnWriteArrayList<>();
  private Server server;
  private InetSocketAddress address;

  @BeforeEach
  void start() throws IOException {
    server = new Server(Limits.DEFAULT, Refusals.PLAIN, faults::add);
    server.handler(this::handle);
    ServerSocketChannel channel = ServerSocketChannel.open();
    channel.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
    address = (InetSocketAddress) channel.getLocalAddress();
    server.listen(channel, Optional.empty());
    server.start();
  }

  @AfterEach
  void nothingIsLeft() {
    Waiting.await("no connection to be left", () -> server.connections() == 0);
    assertTrue(server.gauges().values().stream().allMatch(held -> held == 0));
    server.close();
  }

  private void handle(HttpExchange http) throws IOException {
    RawExchange x = RawExchange.of(http);
    var body = new ByteArrayOutputStream();
    byte[] part = new byte[997];
    for (int read = x.read(part, 0, part.length); read >= 0; read = x.read(part, 0, part.length)) {
      body.write(part, 0, read);
    }
    handled.add(x.method() + " " + x.target() + " " + body.toString(StandardCharsets.ISO_8859_1));
    x.begin(200, "", new Fields(), OptionalLong.of(0));
    x.finish();
  }

  @Test
  void spoiledRequestsAreServedAsTheStrictestReaderSeesThemOrNotAtAll() throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    long seed = Long.getLong("llmhop.fuzz.seed", System.nanoTime());
    int cases = 0;
    while (System.nanoTime() < end) {
      check(seed + cases);
      cases++;
    }
    assertTrue(cases > 100, "only " + cases + " cases");
    System.out.printf("fuzz: %d cases from seed %d%n", cases, seed);
  }

  private void check(long seed) throws IOException {
    var random = new Random(seed);
    var messages = new Messages(random);
    String valid = messages.valid();
    boolean spoiled = random.nextInt(5) > 0;
    String text = spoiled ? messages.mutated(valid) : valid;
    byte[] bytes = Messages.bytes(text);
    handled.clear();
    String answers;
    try {
      answers = exchange(bytes, random);
    } catch (IOException e) {
      throw new IOException(said(seed, text), e);
    }
    List<String> strict = StrictReader.requests(bytes);
    if (spoiled) {
      int most = Math.min(handled.size(), strict.size());
      assertEquals(strict.subList(0, most), handled, () -> said(seed, text));
    } else {
      assertEquals(strict, handled, () -> said(seed, text));
    }
    Matcher status = STATUS.matcher(answers);
    int fine = 0;
    while (status.find()) {
      fine += status.group(1).equals("200") ? 1 : 0;
      assertTrue(status.group(1).matches("[124]..|505"), () -> said(seed, text));
    }
    assertTrue(fine <= handled.size(), () -> said(seed, text));
    assertEquals(List.of(), faults, () -> said(seed, text));
  }

  private static String said(long seed, String text) {
    return "-Dllmhop.fuzz.seed="
        + seed
        + " sent: "
        + text.replace("\r", "\\r").replace("\n", "\\n\n").replace("\0", "\\0");
  }

  /// Sends it in random pieces, and reads to the end of the connection.
  private String exchange(byte[] bytes, Random random) throws IOException {
    try (var socket = new Socket()) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(MOST_MILLIS_FOR_ONE);
      socket.connect(address);
      var answers = new ByteArrayOutputStream();
      try {
        int at = 0;
        while (at < bytes.length) {
          int size = random.nextInt(4) == 0 ? bytes.length - at : 1 + random.nextInt(400);
          socket.getOutputStream().write(bytes, at, Math.min(size, bytes.length - at));
          at += size;
        }
        socket.shutdownOutput();
        socket.getInputStream().transferTo(answers);
      } catch (SocketException e) {
        // It has closed the connection already.
        Waiting.await("the connection to be over", () -> server.connections() == 0);
      }
      return answers.toString(StandardCharsets.ISO_8859_1);
    }
  }
}
