package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.http.wire.Transport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Replies as bytes, each fed whole, one byte at a time, and split at every byte.
class ReplyTest {
  /// A peer that has sent these pieces and then closes.
  private static final class Pieces implements Transport {
    private final List<byte[]> pieces;
    private int next;
    private int inPiece;

    Pieces(List<byte[]> pieces) {
      this.pieces = pieces.stream().filter(piece -> piece.length > 0).toList();
    }

    @Override
    public int read(ByteBuffer into) {
      if (next == pieces.size()) {
        return -1;
      }
      byte[] piece = pieces.get(next);
      int length = Math.min(piece.length - inPiece, into.remaining());
      into.put(piece, inPiece, length);
      inPiece += length;
      if (inPiece == piece.length) {
        next++;
        inPiece = 0;
      }
      return length;
    }

    @Override
    public void write(ByteBuffer... buffers) {
      throw new UnsupportedOperationException("a reply is only read");
    }

    @Override
    public int readNow(ByteBuffer into) throws IOException {
      return isQuiet() ? 0 : read(into);
    }

    @Override
    public boolean isQuiet() {
      return next == pieces.size();
    }

    @Override
    public void finish() {}

    @Override
    public void close() {}
  }

  private static String read(String method, List<byte[]> pieces) throws IOException {
    var connection =
        new Connection(
            new Pieces(pieces), Optional.empty(), UpstreamMemory.unlimited().heads(), closed -> {});
    ReplyHead head = ReplyHead.read(connection);
    BodySource body = BodySource.of(head.framing(method), connection);
    var text = new ByteArrayOutputStream();
    byte[] buffer = new byte[7];
    for (int n = body.read(buffer, 0, 7); n >= 0; n = body.read(buffer, 0, 7)) {
      assertTrue(n > 0, "a read brings bytes or the end");
      text.write(buffer, 0, n);
    }
    assertTrue(body.isDone());
    return head.status() + " " + text.toString(StandardCharsets.UTF_8);
  }

  private static String readAnyWay(String method, String reply) throws IOException {
    byte[] bytes = reply.getBytes(StandardCharsets.ISO_8859_1);
    String whole = read(method, List.of(bytes));
    var single = new java.util.ArrayList<byte[]>();
    for (byte octet : bytes) {
      single.add(new byte[] {octet});
    }
    assertEquals(whole, read(method, single));
    for (int at = 0; at <= bytes.length; at++) {
      byte[] first = java.util.Arrays.copyOf(bytes, at);
      byte[] second = java.util.Arrays.copyOfRange(bytes, at, bytes.length);
      assertEquals(whole, read(method, List.of(first, second)), "split at " + at);
    }
    return whole;
  }

  @ParameterizedTest
  @CsvSource({
    "'HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nabc', 200 abc",
    "'HTTP/1.1 200\\r\\nContent-Length: 0\\r\\n\\r\\n', '200 '",
    "'HTTP/1.1 404 Not Found\\r\\nX:\\r\\nY: \\t a b\\t \\r\\n\\r\\nrest', 404 rest",
    "'HTTP/1.0 200 OK\\r\\n\\r\\nabc', 200 abc",
    "'HTTP/1.1 204 \\r\\n\\r\\n', '204 '",
    "'HTTP/1.1 304 X\\r\\nContent-Length: 9\\r\\n\\r\\n', '304 '",
    "'HTTP/1.1 200 OK\\r"
        + "\\n"
        + "Transfer-Encoding: Chunked\\r"
        + "\\n"
        + "\\r"
        + "\\n"
        + "3\\r"
        + "\\n"
        + "abc\\r"
        + "\\n"
        + "0a;x=\"y\"\\r"
        + "\\n"
        + "0123456789\\r"
        + "\\n"
        + "000\\r"
        + "\\n"
        + "T: v\\r"
        + "\\n"
        + "\\r"
        + "\\n"
        + "', 200 abc0123456789"
  })
  void aProperReplyIsReadInAnyPieces(String reply, String expected) throws IOException {
    assertEquals(expected, readAnyWay("POST", reply.translateEscapes()));
  }

  @Test
  void aReplyToHeadHasNoBody() throws IOException {
    String reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    assertEquals("200 ", readAnyWay("HEAD", reply));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\\nContent-Length: 0\\n\\n",
        "HTTP/1.1 200 OK\\r\\nContent-Length: 0\\n\\r\\n",
        "HTTP/1.1  200 OK\\r\\n\\r\\n",
        "HTTP/1.1 0200 OK\\r\\n\\r\\n",
        "HTTP/1.1 099 OK\\r\\n\\r\\n",
        "HTTP/1.1 600 OK\\r\\n\\r\\n",
        "HTTP/1.12 200 OK\\r\\n\\r\\n",
        "http/1.1 200 OK\\r\\n\\r\\n",
        "HTTP/1.1 200 O\\1K\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nA : b\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\n: b\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nA: b\\r\\n c\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nA: b\\rc\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nno colon\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nContent-Length: 1\\r\\nContent-Length: 1\\r\\n\\r\\na",
        "HTTP/1.1 200 OK\\r\\nContent-Length: 1, 1\\r\\n\\r\\na",
        "HTTP/1.1 200 OK\\r\\nContent-Length: 1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: gzip\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r"
            + "\\n"
            + "Transfer-Encoding: chunked\\r"
            + "\\n"
            + "Transfer-Encoding: chunked\\r"
            + "\\n"
            + "\\r"
            + "\\n",
        "HTTP/1.0 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nab",
        "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n",
        "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabcd\\r\\n0\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n 3\\r\\nabc\\r\\n0\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r"
            + "\\n"
            + "Transfer-Encoding: chunked\\r"
            + "\\n"
            + "\\r"
            + "\\n"
            + "0x3\\r"
            + "\\n"
            + "abc\\r"
            + "\\n"
            + "0\\r"
            + "\\n"
            + "\\r"
            + "\\n",
        "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n-3\\r\\nabc\\r\\n0\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n10000000000000003\\r\\nabc",
        "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\nabc\\r\\n0\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\nno field\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n",
        "HTTP/1.1 200 OK\\r\\nA: b",
        ""
      })
  void aReplyThatIsNoneIsRefusedInAnyPieces(String reply) {
    String bytes = reply.translateEscapes();
    assertThrows(IOException.class, () -> readAnyWay("POST", bytes));
    var single = new java.util.ArrayList<byte[]>();
    for (byte octet : bytes.getBytes(StandardCharsets.ISO_8859_1)) {
      single.add(new byte[] {octet});
    }
    assertThrows(IOException.class, () -> read("POST", single));
  }

  @Test
  void fieldsAtTheLimitPassAndOneMoreDoesNot() throws IOException {
    String at = "HTTP/1.1 204 X\r\n" + "A: b\r\n".repeat(ReplyHead.MOST_FIELDS);
    byte[] passing = (at + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    assertEquals("204 ", read("GET", List.of(passing)));
    byte[] over = (at + "A: b\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
    assertThrows(IOException.class, () -> read("GET", List.of(over)));
  }

  @Test
  void aHeadAtTheLimitPassesAndAByteMoreDoesNot() throws IOException {
    // Counted are the status line and each field line with its line break.
    int rest = Connection.LONGEST_HEAD - "HTTP/1.1 204 X".length() - 2 * "A: \r\n".length();
    String at =
        "HTTP/1.1 204 X\r\nA: " + "a".repeat(rest / 2) + "\r\nA: " + "a".repeat(rest - rest / 2);
    byte[] passing = (at + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
    assertEquals("204 ", read("GET", List.of(passing)));
    byte[] over = (at + "a\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
    assertThrows(IOException.class, () -> read("GET", List.of(over)));
    byte[] endless = ("HTTP/1.1 204 " + "a".repeat(70_000)).getBytes(StandardCharsets.ISO_8859_1);
    assertThrows(IOException.class, () -> read("GET", List.of(endless)));
  }

  @ParameterizedTest
  @CsvSource({
    "'', false, true",
    "'3\\r\\nab', true, false",
    "'3', false, true",
    "'3\\r\\n', false, true",
    "'3\\r\\na', true, false",
    "'0\\r\\n', false, true",
    "'0\\r\\n\\r\\n', true, true",
    "'0\\r\\nT: v\\r\\n', false, true",
    "'0\\r\\nT: v\\r\\n\\r\\n', true, true"
  })
  void readyMeansThatAReadDoesNotWait(String chunks, boolean ready, boolean noBytes)
      throws IOException {
    byte[] first = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes();
    byte[] pieces = new byte[first.length + chunks.translateEscapes().length()];
    System.arraycopy(first, 0, pieces, 0, first.length);
    byte[] rest = chunks.translateEscapes().getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(rest, 0, pieces, first.length, rest.length);
    var connection =
        new Connection(
            new Pieces(List.of(pieces)),
            Optional.empty(),
            UpstreamMemory.unlimited().heads(),
            closed -> {});
    ReplyHead head = ReplyHead.read(connection);
    BodySource body = BodySource.of(head.framing("GET"), connection);
    assertEquals(ready, body.isReady());
    assertEquals(noBytes, !connection.hasBuffered());
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP/1.1, '', true",
    "HTTP/1.1, 'Connection: close', false",
    "HTTP/1.1, 'Connection: x, Close', false",
    "HTTP/1.0, '', false",
    "HTTP/1.0, 'Connection: Keep-Alive', true"
  })
  void whoKeepsTheConnection(String version, String field, boolean keeps) throws IOException {
    String reply = version + " 200 X\r\n" + (field.isEmpty() ? "" : field + "\r\n") + "\r\n";
    byte[] bytes = reply.getBytes(StandardCharsets.ISO_8859_1);
    var connection =
        new Connection(
            new Pieces(List.of(bytes)),
            Optional.empty(),
            UpstreamMemory.unlimited().heads(),
            closed -> {});
    assertEquals(keeps, ReplyHead.read(connection).keepsAlive());
  }

  @Test
  void anAnnouncedIdleTimeIsRead() throws IOException {
    byte[] bytes = "HTTP/1.1 200 X\r\nKeep-Alive: max=5, timeout=12\r\n\r\n".getBytes();
    var connection =
        new Connection(
            new Pieces(List.of(bytes)),
            Optional.empty(),
            UpstreamMemory.unlimited().heads(),
            closed -> {});
    assertEquals(OptionalLong.of(12), ReplyHead.read(connection).keepAliveSeconds());
  }
}
