package chaos;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/// One connection to a scripted backend.
///
/// @param script what happens on it
/// @param log gets the requests that are worked on
record ScriptedConnection(Script script, ScriptedLog log, SocketChannel channel) {

  private static final int EVENTS = 4;
  private static final int EVENT_MILLIS = 5;
  private static final int CUT_AFTER_MILLIS = 20;
  private static final long RACE_NANOS = 2_000_000;
  private static final long HANG_MILLIS = 60_000;
  private static final long DYING_MILLIS = 2_000;

  /// The user whose request kills a backend.
  static final String POISON = "poison";

  private static final String STREAM_HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final String EVENT =
      "data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
          + "\"delta\":{\"content\":\" token\"}}]}\n\n";
  private static final String ANSWER =
      "{\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":"
          + "{\"role\":\"assistant\",\"content\":\"a scripted answer\"}}]}";

  void serve() throws IOException, InterruptedException {
    log.connected();
    boolean kept = true;
    if (script == Script.DEAF) {
      channel.read(ByteBuffer.allocate(16 * 1024));
      Thread.sleep(HANG_MILLIS);
      return;
    }
    while (kept) {
      ScriptedRequest request = ScriptedRequest.read(channel);
      if (request.isProbe()) {
        write(plain(script == Script.UNWELL ? "500 Unwell" : "200 OK", "", "{}"));
      } else {
        log.add(request);
        answer(request);
        kept = keeps();
      }
    }
  }

  private void answer(ScriptedRequest request) throws IOException, InterruptedException {
    switch (script) {
      case GOOD, UNWELL, CLOSES, RACES, RESETS_NEXT, CLOSES_NEXT, DIES -> {
        if (script == Script.DIES && request.user().equals(POISON)) {
          Thread.sleep(DYING_MILLIS);
          Runtime.getRuntime().halt(1);
        }
        if (request.wantsStream()) stream(EVENTS);
        else write(plain("200 OK", "", ANSWER));
      }
      case CUTS -> {
        if (request.wantsStream()) stream(EVENTS / 2);
        Thread.sleep(CUT_AFTER_MILLIS);
      }
      case BUSY ->
          write(plain("503 Service Unavailable", "Retry-After: 1\r\n", "{\"error\":\"too busy\"}"));
      case ECHOES -> echo(request);
      case HANGS -> awaitBytes(HANG_MILLIS);
      case RESETS, DEAF, HOSTILE, HINTS -> {}
    }
  }

  // Whether the next request is read. If not, the connection is closed now.
  private boolean keeps() throws IOException {
    return switch (script) {
      case GOOD, UNWELL, BUSY, DIES, ECHOES -> true;
      case CLOSES, HANGS, DEAF, HOSTILE, HINTS -> false;
      case RACES -> keepsByChance();
      case RESETS_NEXT -> {
        awaitBytes(HANG_MILLIS);
        yield false;
      }
      case CLOSES_NEXT -> {
        awaitBytes(HANG_MILLIS);
        channel.read(ByteBuffer.allocate(16 * 1024));
        yield false;
      }
      case RESETS, CUTS -> {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        yield false;
      }
    };
  }

  private static boolean keepsByChance() {
    ThreadLocalRandom chance = ThreadLocalRandom.current();
    if (chance.nextBoolean()) return true;
    LockSupport.parkNanos(chance.nextLong(RACE_NANOS));
    return false;
  }

  // Returns when the first byte is there, still unread, or the other side has left.
  private void awaitBytes(long millis) throws IOException {
    channel.configureBlocking(false);
    try (Selector selector = Selector.open()) {
      channel.register(selector, SelectionKey.OP_READ);
      selector.select(millis);
    }
    channel.configureBlocking(true);
  }

  private void stream(int events) throws IOException, InterruptedException {
    write(STREAM_HEAD);
    for (int i = 0; i < events; i++) {
      write(chunk(EVENT));
      Thread.sleep(EVENT_MILLIS);
    }
    if (events == EVENTS) write(chunk("data: [DONE]\n\n") + "0\r\n\r\n");
  }

  private void echo(ScriptedRequest request) throws IOException {
    if (!request.wantsStream()) {
      write(plain("200 OK", "", request.body()));
      return;
    }
    write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    int half = request.body().length() / 2;
    write(chunk(request.body().substring(0, half)));
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(RACE_NANOS));
    write(chunk(request.body().substring(half)) + "0\r\n\r\n");
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  private static String plain(String status, String fields, String body) {
    return "HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s"
        .formatted(status, fields, body.length(), body);
  }

  private void write(String text) throws IOException {
    write(channel, text);
  }

  static void write(SocketChannel channel, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    while (bytes.hasRemaining()) channel.write(bytes);
  }
}
