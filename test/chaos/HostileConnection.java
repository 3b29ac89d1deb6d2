package chaos;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/// One connection to a hostile backend, which does one harm to the router.
///
/// @param script whether the harm is drawn by lot
/// @param log counts the connections
record HostileConnection(Script script, ScriptedLog log, SocketChannel channel) {

  private enum Attack {
    /// Hints before any request, the most that are allowed: the caller is asked for its body
    /// meanwhile.
    HINTS_AT_ACCEPT,
    /// Hints without end.
    HINT_FLOOD,
    /// `100 Continue` again and again, then an answer.
    CONTINUES,
    /// A whole answer as soon as the head is there; the body is read late.
    EARLY_ANSWER,
    /// A whole answer as soon as the head is there; the body is never read.
    EARLY_ANSWER_UNREAD,
    /// An answer that ends somewhere, by a close.
    CUT,
    /// An answer that ends somewhere, by a reset.
    CUT_BY_RESET,
    /// Bytes that are no head.
    GARBAGE,
    /// More than the length, which looks like another answer.
    LONGER,
    /// Less than the length.
    SHORTER,
    /// Trailers behind the last chunk.
    TRAILERS,
    /// Chunks whose sizes are wrong.
    BAD_CHUNKS,
    /// An answer byte by byte.
    DRIP,
    /// A reset as soon as a connection is there.
    RESET
  }

  private static final Attack[] ATTACKS = Attack.values();
  private static final int MOST_HINTS = 16;
  private static final int FLOOD = 2_000;
  private static final int MOST_ANSWERS = 20;
  private static final int DRIP_PAUSE_MILLIS = 1;
  private static final String HINT =
      "HTTP/1.1 103 Early Hints\r\nLink: </hostile>; rel=preload\r\n\r\n";
  private static final String HOSTILE = "hostile bytes that belong to no other caller ";
  private static final String CHUNKED_HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final String[] GARBAGE = {
    "\0\0\0\0",
    "HTTP/1.1 200\n\n",
    "HTTP/2.0 200 OK\r\n\r\n",
    "SSH-2.0-hostile\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + HOSTILE,
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + HOSTILE,
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + HOSTILE,
    "HTTP/1.1 200 OK\r\nX: " + "x".repeat(100_000) + "\r\n\r\n",
    "HTTP/1.1 200 OK\r\n folded: yes\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n" + HOSTILE
  };
  private static final String[] BAD_SIZES = {
    "-1\r\n", "fffffffffffffffff\r\n", "7fffffff\r\n", "zz\r\n", "5 5\r\n", "5\n", "\r\n"
  };

  void serve() throws IOException, InterruptedException {
    log.connected();
    ThreadLocalRandom chance = ThreadLocalRandom.current();
    Attack attack =
        script == Script.HINTS ? Attack.HINTS_AT_ACCEPT : ATTACKS[chance.nextInt(ATTACKS.length)];
    switch (attack) {
      case HINTS_AT_ACCEPT -> {
        write(HINT.repeat(MOST_HINTS));
        answerAll();
      }
      case RESET -> reset();
      case EARLY_ANSWER -> {
        readHead();
        write(counted(HOSTILE));
        drain();
      }
      case EARLY_ANSWER_UNREAD -> {
        readHead();
        write(counted(HOSTILE));
        Thread.sleep(chance.nextInt(50));
      }
      default -> {
        readRequest();
        afterRequest(attack, chance);
      }
    }
  }

  private void afterRequest(Attack attack, ThreadLocalRandom chance)
      throws IOException, InterruptedException {
    String whole = chance.nextBoolean() ? counted(HOSTILE.repeat(50)) : chunked("");
    switch (attack) {
      case HINT_FLOOD -> write(HINT.repeat(FLOOD));
      case CONTINUES -> {
        write("HTTP/1.1 100 Continue\r\n\r\n".repeat(chance.nextInt(MOST_HINTS)) + whole);
        answerAll();
      }
      case CUT -> write(whole.substring(0, chance.nextInt(whole.length())));
      case CUT_BY_RESET -> {
        write(whole.substring(0, chance.nextInt(whole.length())));
        reset();
      }
      case GARBAGE -> write(GARBAGE[chance.nextInt(GARBAGE.length)]);
      case LONGER -> {
        write(counted(HOSTILE) + HOSTILE + counted(HOSTILE));
        answerAll();
      }
      case SHORTER -> write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + HOSTILE);
      case TRAILERS -> {
        write(chunked("X-Hostile: 1\r\n".repeat(chance.nextInt(200))));
        answerAll();
      }
      case BAD_CHUNKS ->
          write(CHUNKED_HEAD + chunk() + BAD_SIZES[chance.nextInt(BAD_SIZES.length)] + HOSTILE);
      case DRIP -> {
        for (int i = 0; i < whole.length(); i++) {
          write(whole.substring(i, i + 1));
          if (chance.nextInt(10) == 0) Thread.sleep(DRIP_PAUSE_MILLIS);
        }
      }
      default -> throw new IllegalStateException(attack.name());
    }
  }

  private static String counted(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  private static String chunked(String trailers) {
    return CHUNKED_HEAD + chunk().repeat(20) + "0\r\n" + trailers + "\r\n";
  }

  private static String chunk() {
    return Integer.toHexString(HOSTILE.length()) + "\r\n" + HOSTILE + "\r\n";
  }

  private void answerAll() throws IOException {
    for (int i = 0; i < MOST_ANSWERS; i++) {
      readRequest();
      write(counted(HOSTILE));
    }
  }

  private void readRequest() throws IOException {
    ScriptedRequest.read(channel);
  }

  private void readHead() throws IOException {
    StringBuilder head = new StringBuilder();
    ByteBuffer one = ByteBuffer.allocate(1);
    while (head.indexOf("\r\n\r\n") < 0) {
      if (channel.read(one.clear()) < 0) throw new EOFException();
      head.append((char) one.get(0));
    }
  }

  private void drain() throws IOException {
    ByteBuffer some = ByteBuffer.allocate(16 * 1024);
    while (channel.read(some.clear()) >= 0) {}
  }

  private void reset() throws IOException {
    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
  }

  private void write(String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    while (bytes.hasRemaining()) channel.write(bytes);
  }
}
