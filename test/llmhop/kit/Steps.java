package llmhop.kit;

import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// The words that scripts are written in; meant to be imported statically.
///
/// Text is sent as UTF-8. Each step that sends does so with one write, and nothing is held back.
/// What isn't here is a lambda: `visit -> visit.write(bytes)`.
public final class Steps {
  private Steps() {}

  // ---- whole answers

  /// An answer without a body; with `Content-Length: 0` where the status may have a body.
  ///
  /// @param status from 200 to 599
  /// @param fields more fields, each `"Name: value"`
  /// @return the step
  public static Step answer(int status, String... fields) {
    return answer(status, new byte[0], fields);
  }

  /// A JSON answer with its true length.
  ///
  /// @param status from 200 to 599
  /// @param json the body
  /// @param fields more fields, each `"Name: value"`
  /// @return the step
  public static Step answerJson(int status, String json, String... fields) {
    return answer(status, utf8(json), with("Content-Type: application/json", fields));
  }

  /// An answer with its true length; a request with HEAD gets the head alone.
  ///
  /// @param status from 200 to 599
  /// @param body the body
  /// @param fields more fields, each `"Name: value"`; none is added but the length
  /// @return the step
  public static Step answer(int status, byte[] body, String... fields) {
    boolean bodiless = status == 204 || status == 304;
    byte[] head =
        headBytes(status, bodiless ? fields : with("Content-Length: " + body.length, fields));
    byte[] whole = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, whole, head.length, body.length);
    return visit -> visit.write(visit.seen().method().equals("HEAD") ? head : whole);
  }

  /// Answers 200 with the bytes of the request's body, as `application/octet-stream`.
  ///
  /// @return the step
  public static Step echoBody() {
    return byRequest(seen -> answer(200, seen.body(), "Content-Type: application/octet-stream"));
  }

  /// A whole event stream: head, one chunk for each event, last chunk.
  ///
  /// @param data what the events carry, one line each; say `[DONE]` yourself
  /// @return the step
  public static Step sse(String... data) {
    Step events = all(Arrays.stream(data).map(Steps::event).toArray(Step[]::new));
    return all(sseHead(), events, lastChunk());
  }

  // ---- parts of answers

  /// A status line and fields as they are given: no length is added.
  ///
  /// @param status any three digits
  /// @param fields each `"Name: value"`
  /// @return the step
  public static Step head(int status, String... fields) {
    return raw(headBytes(status, fields));
  }

  /// The head of a chunked event stream.
  ///
  /// @param fields more fields, each `"Name: value"`
  /// @return the step
  public static Step sseHead(String... fields) {
    return head(
        200, with("Transfer-Encoding: chunked", with("Content-Type: text/event-stream", fields)));
  }

  /// An interim answer such as 100 or 103, before the real one.
  ///
  /// @param status from 100 to 199
  /// @param fields each `"Name: value"`
  /// @return the step
  public static Step interim(int status, String... fields) {
    return head(status, fields);
  }

  /// One chunk.
  ///
  /// @param text what it holds; an empty one would end the body and is refused
  /// @return the step
  public static Step chunk(String text) {
    return chunk(utf8(text));
  }

  /// One chunk.
  ///
  /// @param data what it holds; an empty one would end the body and is refused
  /// @return the step
  public static Step chunk(byte[] data) {
    if (data.length == 0) {
      throw new IllegalArgumentException("an empty chunk is the last one: say lastChunk()");
    }
    return all(partOfChunk(data.length, data, "\r\n"));
  }

  /// Several chunks, each with a write of its own.
  ///
  /// @param texts what they hold
  /// @return the step
  public static Step chunks(String... texts) {
    return all(Arrays.stream(texts).map(Steps::chunk).toArray(Step[]::new));
  }

  /// A chunk that claims one size and brings fewer bytes; mostly followed by `close()`.
  ///
  /// @param size what its size line says
  /// @param part what comes of it
  /// @return the step
  public static Step partOfChunk(int size, String part) {
    return partOfChunk(size, utf8(part), "");
  }

  /// One server-sent event as one chunk: `data: `, the text, an empty line.
  ///
  /// @param data what the event carries; one line
  /// @return the step
  public static Step event(String data) {
    return chunk("data: " + data + "\n\n");
  }

  /// The last chunk, with the end of the message.
  ///
  /// @param trailers each `"Name: value"`
  /// @return the step
  public static Step lastChunk(String... trailers) {
    return raw("0\r\n" + lines(List.of(trailers)) + "\r\n");
  }

  /// Any bytes at all.
  ///
  /// @param bytes what is sent
  /// @return the step
  public static Step raw(byte[] bytes) {
    return visit -> visit.write(bytes);
  }

  /// Any text at all, as UTF-8.
  ///
  /// @param text what is sent
  /// @return the step
  public static Step raw(String text) {
    return raw(utf8(text));
  }

  /// Text of which each byte is a write of its own.
  ///
  /// @param text what is sent
  /// @return the step
  public static Step drip(String text) {
    byte[] bytes = utf8(text);
    return visit -> {
      for (byte b : bytes) {
        visit.write(new byte[] {b});
      }
    };
  }

  /// So many bytes of `x`, in pieces of 64 KiB; blocks while the peer doesn't read.
  ///
  /// @param bytes how many
  /// @return the step
  public static Step fill(long bytes) {
    byte[] piece = "x".repeat(64 * 1024).getBytes(StandardCharsets.US_ASCII);
    return visit -> {
      for (long left = bytes; left > 0; left -= piece.length) {
        visit.write(left >= piece.length ? piece : Arrays.copyOf(piece, (int) left));
      }
    };
  }

  // ---- waiting and ending

  /// Stalls until the test opens the gate.
  ///
  /// @param gate where to wait
  /// @return the step
  public static Step hold(Gate gate) {
    return visit -> gate.pass();
  }

  /// Stalls until the peer closes the connection, or the backend is closed. The bytes that the peer
  /// sends meanwhile are read and kept.
  ///
  /// @return the step
  public static Step holdUntilHangUp() {
    return Visit::awaitHangUp;
  }

  /// Reads the request's body now; only of use after `nextBeforeBody`.
  ///
  /// @return the step
  public static Step readBody() {
    return Visit::readBody;
  }

  /// Closes the connection as a well-behaved peer does, whatever was sent before.
  ///
  /// @return the step
  public static Step close() {
    return Visit::close;
  }

  /// Closes the socket, over TLS without the farewell that proves the end.
  ///
  /// @return the step
  public static Step drop() {
    return Visit::drop;
  }

  /// Sends no more, but goes on reading.
  ///
  /// @return the step
  public static Step halfClose() {
    return Visit::halfClose;
  }

  /// Resets the connection (SO_LINGER 0); over a Unix socket a plain close.
  ///
  /// @return the step
  public static Step reset() {
    return Visit::reset;
  }

  /// Keeps the connection until the first byte of a next request and closes it then, unread: the
  /// race that a pool loses against a server whose idle time is over. It is no execution.
  ///
  /// @return the step
  public static Step closeAtNextRequest() {
    return visit -> {
      visit.awaitNextByte();
      visit.reset();
    };
  }

  /// What a proxy does after CONNECT: 200, then bytes both ways until both sides have ended.
  ///
  /// @param port where the tunnel leads, on 127.0.0.1, whatever the request's target says
  /// @return the step
  public static Step tunnelTo(int port) {
    return visit -> {
      InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
      try (Socket target = new Socket()) {
        target.connect(new InetSocketAddress(loopback, port));
        visit.write(headBytes(200));
        Thread.ofVirtual().name("tunnel").start(() -> visit.copyTo(target));
        byte[] room = new byte[16 * 1024];
        InputStream in = target.getInputStream();
        for (int n = in.read(room); n >= 0; n = in.read(room)) {
          visit.write(Arrays.copyOf(room, n));
        }
        visit.close();
      }
    };
  }

  // ---- composing

  /// Several steps as one.
  ///
  /// @param steps in order
  /// @return the step
  public static Step all(Step... steps) {
    List<Step> inOrder = List.of(steps);
    return visit -> {
      for (Step step : inOrder) {
        step.perform(visit);
      }
    };
  }

  /// What to do depends on the request.
  ///
  /// @param choice the step for a request
  /// @return the step
  public static Step byRequest(Function<Seen, Step> choice) {
    return visit -> choice.apply(visit.seen()).perform(visit);
  }

  private static Step partOfChunk(int size, byte[] part, String end) {
    byte[] line = utf8(Integer.toHexString(size) + "\r\n");
    byte[] all = Arrays.copyOf(line, line.length + part.length + end.length());
    System.arraycopy(part, 0, all, line.length, part.length);
    System.arraycopy(utf8(end), 0, all, line.length + part.length, end.length());
    return raw(all);
  }

  private static byte[] headBytes(int status, String... fields) {
    return utf8(
        "HTTP/1.1 " + status + " " + reason(status) + "\r\n" + lines(List.of(fields)) + "\r\n");
  }

  private static String lines(List<String> fields) {
    StringBuilder lines = new StringBuilder();
    fields.forEach(field -> lines.append(Field.of(field)).append("\r\n"));
    return lines.toString();
  }

  private static String reason(int status) {
    return switch (status) {
      case 100 -> "Continue";
      case 103 -> "Early Hints";
      case 200 -> "OK";
      case 204 -> "No Content";
      case 304 -> "Not Modified";
      case 404 -> "Not Found";
      case 429 -> "Too Many Requests";
      case 500 -> "Internal Server Error";
      case 503 -> "Service Unavailable";
      default -> "Scripted";
    };
  }

  private static String[] with(String first, String... rest) {
    String[] all = new String[rest.length + 1];
    all[0] = first;
    System.arraycopy(rest, 0, all, 1, rest.length);
    return all;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
