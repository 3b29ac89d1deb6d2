package chaos;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A router with a small heap, and thousands of connections that hold on to it: half heads, half
/// bodies, and callers that do not read their answers. Regular callers are answered beside them, no
/// memory runs out, and nothing is held afterwards.
final class SmallHeap implements Scenario {

  private static final String OPTIONS =
      "--model honest --model long --ttft 2ms --tokens 8 --tokens-per-second 20000";
  private static final List<String> HEAPS = List.of("-Xmx128m", "-Xmx64m");
  private static final int CALLERS = 4;
  private static final int ROUNDS = 2;
  private static final int HOLDERS = 5_000;
  private static final int BRIEF_HOLDERS = 900;
  private static final int ROUND_MILLIS = 2_000;
  private static final int LET_GO_MILLIS = 15_000;

  /// A loopback address of its own, as a hostile host has one.
  private static final String HOSTILE = "127.0.0.66";

  private static final String HEAD = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n";

  @Override
  public String name() {
    return "heap";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    Engine engine = lab.engines(1, OPTIONS).getFirst();
    List<Row> rows = new ArrayList<>();
    for (String heap : HEAPS) rows.add(row(lab, engine, heap));
    return rows;
  }

  private static Row row(Lab lab, Engine engine, String heap)
      throws IOException, InterruptedException {
    String models =
        "{\"honest\": {\"url\": \"%s\"}, \"long\": {\"url\": \"%s\"}}"
            .formatted(engine.url(), engine.url());
    Router router = lab.router(lab.freePort(), "", "\"log\": \"json\",", models, heap);
    Tally tally = new Tally();
    Regulars regulars =
        Regulars.start(router, CALLERS, tally, i -> Ask.of("honest").streamed(i % 2 == 0));
    int holders = lab.brief() ? BRIEF_HOLDERS : HOLDERS;
    for (int round = 0; round < (lab.brief() ? 1 : ROUNDS); round++) {
      List<SocketChannel> held = new ArrayList<>();
      for (int i = 0; i < holders; i++) hold(router, message(i), held);
      Thread.sleep(ROUND_MILLIS);
      for (SocketChannel each : held) each.close();
    }
    regulars.stop();
    boolean letGo = Waiting.until(LET_GO_MILLIS, () -> Router.holdsNothing(status(router)));
    String output = router.output();
    return new Row("heap: " + heap, tally, "all answered, no OutOfMemoryError")
        .mustAnswerAll()
        .must(output.contains("this heap of"), "it does not say what the heap allows")
        .must(!output.contains("OutOfMemoryError"), "memory ran out")
        .must(letGo, "it still holds: " + status(router));
  }

  private static String status(Router router) {
    return router.get("/llmhop/status").body();
  }

  private static void hold(Router router, String message, List<SocketChannel> held)
      throws IOException {
    SocketChannel channel = SocketChannel.open();
    held.add(channel);
    try {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
      channel.bind(new InetSocketAddress(InetAddress.ofLiteral(HOSTILE), 0));
      channel.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), router.port()));
      channel.configureBlocking(false);
      channel.write(ByteBuffer.wrap(message.getBytes(StandardCharsets.US_ASCII)));
    } catch (IOException e) {
      // It was refused or ended, which the router may do.
    }
  }

  private static String message(int number) {
    return switch (number % 8) {
      case 0, 1, 2 -> HEAD + "X: " + "h".repeat(30_000);
      case 3 -> HEAD + "X: h";
      case 4, 5 ->
          HEAD
              + "Content-Length: 200000\r\n\r\n{\"model\":\"honest\",\"x\":\""
              + "y".repeat(60_000);
      case 6 -> HEAD + "Content-Length: 200000\r\n\r\n{\"model\"";
      default -> unread();
    };
  }

  /// Asks for a long answer, which nobody reads.
  private static String unread() {
    String body =
        "{\"model\":\"long\",\"stream\":true,\"max_tokens\":20000,"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    return HEAD + "Content-Length: " + body.length() + "\r\n\r\n" + body;
  }
}
