package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import javax.net.ssl.SSLException;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// TLS between two transports, and what it does when it must not wait.
final class TlsTransportTest {
  private static final byte[] TEXT = "a text".getBytes(StandardCharsets.US_ASCII);

  /// More than sockets hold.
  private static final int A_LOT = 16 * 1024 * 1024;

  // ---- reading and writing

  @ParameterizedTest
  @CsvSource({
    "TLSv1.2, 1", "TLSv1.2, 1024", "TLSv1.2, 16384", "TLSv1.2, 1000000",
    "TLSv1.3, 1", "TLSv1.3, 1000", "TLSv1.3, 16384", "TLSv1.3, 1000000"
  })
  void textsOfAnySizeGoToAndFro(String protocol, int size) throws Exception {
    byte[] text = random(size);
    try (TlsPair pair = new TlsPair(protocol)) {
      for (int i = 0; i < 3; i++) {
        FutureTask<byte[]> echoed =
            TlsPair.inBackground(
                () -> {
                  byte[] came = pair.server.read(size);
                  pair.server.send(came);
                  return came;
                });
        FutureTask<byte[]> back = TlsPair.inBackground(() -> pair.client.read(size));
        pair.client.send(text);
        assertArrayEquals(text, TlsPair.result(echoed));
        assertArrayEquals(text, TlsPair.result(back));
      }
    }
  }

  @Test
  void aRecordIsReadInPiecesBySmallReads() throws Exception {
    try (TlsPair pair = new TlsPair("TLSv1.3")) {
      pair.client.send(TEXT);
      assertArrayEquals(Arrays.copyOf(TEXT, 1), pair.server.read(1));
      assertFalse(pair.server.tls().isQuiet());
      assertArrayEquals(Arrays.copyOfRange(TEXT, 1, 3), pair.server.read(2));
      assertEquals("ext", pair.server.readNow());
      assertTrue(pair.server.tls().isQuiet());
    }
  }

  // ---- reading without waiting

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aRecordIsReadWhenItsLastByteIsThere(String protocol) throws Exception {
    try (TlsPair pair = new TlsPair(protocol)) {
      for (boolean watched : new boolean[] {false, true}) {
        if (watched) {
          assertTrue(pair.server.plain().stopBlocking());
        }
        byte[] record = pair.client.record(TEXT);
        for (int i = 0; i < record.length; i++) {
          assertEquals(0, pair.server.tls().readNow(ByteBuffer.allocate(100)), "bytes sent: " + i);
          pair.client.sendRaw(new byte[] {record[i]});
        }
        assertEquals("a text", pair.server.readNow());
        assertEquals(0, pair.server.tls().readNow(ByteBuffer.allocate(100)));
        assertEquals(!watched, pair.server.plain().channel().isBlocking());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aLargeRecordComesWholeWithoutWaiting(String protocol) throws Exception {
    byte[] text = random(16_384);
    try (TlsPair pair = new TlsPair(protocol)) {
      pair.client.sendRaw(pair.client.record(text));
      ByteBuffer into = ByteBuffer.allocate(text.length);
      Waiting.await(
          "the record",
          () -> {
            try {
              return pair.server.tls().readNow(into) < 0 || !into.hasRemaining();
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      assertArrayEquals(text, into.array());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void closeNotifyIsTheEndAndACutIsAFailure(String protocol) throws Exception {
    try (TlsPair pair = new TlsPair(protocol)) {
      pair.client.send(TEXT);
      pair.client.tls().finish();
      assertEquals("a text", pair.server.readNow());
      assertEquals("end", pair.server.readNow());
      assertFalse(pair.server.tls().isQuiet());
      assertEquals(-1, pair.server.tls().read(ByteBuffer.allocate(1)));
    }
    try (TlsPair pair = new TlsPair(protocol)) {
      pair.server.send(TEXT);
      pair.client.read(TEXT.length);
      pair.client.plain().close();
      assertThrows(SSLException.class, () -> pair.server.tls().read(ByteBuffer.allocate(1)));
      assertThrows(SSLException.class, () -> pair.server.tls().readNow(ByteBuffer.allocate(1)));
      assertFalse(pair.server.tls().isQuiet());
    }
  }

  @Test
  void newKeysAreAnsweredWithoutWaiting() throws Exception {
    try (TlsPair pair = new TlsPair("TLSv1.3")) {
      pair.client.send(TEXT);
      assertEquals("a text", pair.server.readNow());
      assertTrue(pair.server.plain().stopBlocking());
      pair.client.engine().beginHandshake();
      pair.client.sendRaw(pair.client.record(new byte[0]));
      pair.client.send(TEXT);
      assertEquals("a text", pair.server.readNow());
      pair.server.send(TEXT);
      assertArrayEquals(TEXT, pair.client.read(TEXT.length));
      pair.client.send(TEXT);
      assertEquals("a text", pair.server.readNow());
    }
  }

  @Test
  void anAnswerToNewKeysThatFindsNoRoomGoesBeforeTheNextText() throws Exception {
    try (TlsPair pair = new TlsPair("TLSv1.3")) {
      var full = new CountDownLatch(1);
      var goOn = new CountDownLatch(1);
      pair.server.plain().onBusy(() -> meet(full, goOn));
      assertTrue(pair.server.plain().stopBlocking());
      byte[] records = records(pair.server, A_LOT);
      FutureTask<Boolean> writer =
          TlsPair.inBackground(
              () -> {
                pair.server.sendRaw(records);
                return true;
              });
      full.await();
      pair.client.engine().beginHandshake();
      pair.client.sendRaw(pair.client.record(new byte[0]));
      pair.client.send(TEXT);
      assertEquals("a text", pair.server.readNow());
      goOn.countDown();
      assertEquals(A_LOT, pair.client.read(A_LOT).length);
      assertTrue(TlsPair.result(writer));
      pair.server.send(TEXT);
      assertArrayEquals(TEXT, pair.client.read(TEXT.length));
    }
  }

  private static void meet(CountDownLatch here, CountDownLatch goOn) {
    here.countDown();
    try {
      goOn.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] records(TlsPair.Side side, int size) throws Exception {
    var out = new ByteArrayOutputStream();
    byte[] text = new byte[16_384];
    // What TLS itself has to say comes first.
    out.writeBytes(side.record(new byte[0]));
    for (int i = 0; i < size / text.length; i++) {
      out.writeBytes(side.record(text));
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void nothingWaitsForAWriterThatFindsNoRoom(String protocol) throws Exception {
    try (TlsPair pair = new TlsPair(protocol)) {
      byte[] text = random(A_LOT);
      FutureTask<Boolean> writer = writeInBackground(pair.server, text);
      assertTrue(pair.server.plain().channel().isBlocking());
      assertEquals(0, pair.server.tls().readNow(ByteBuffer.allocate(10)));
      assertFalse(writer.isDone());
      assertArrayEquals(text, pair.client.read(A_LOT));
      assertTrue(TlsPair.result(writer));
    }
  }

  /// Returns when the socket is full.
  private static FutureTask<Boolean> writeInBackground(TlsPair.Side side, byte[] text)
      throws Exception {
    var full = new CountDownLatch(1);
    side.plain().onBusy(full::countDown);
    assertTrue(side.plain().stopBlocking());
    FutureTask<Boolean> writer =
        TlsPair.inBackground(
            () -> {
              side.send(text);
              return true;
            });
    full.await();
    Waiting.await("blocking mode", side.plain().channel()::isBlocking);
    Waiting.await("the write", () -> !tryStopBlocking(side));
    return writer;
  }

  private static boolean tryStopBlocking(TlsPair.Side side) {
    try {
      return side.plain().stopBlocking();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  // ---- what is refused

  @Test
  void negotiatingAnewIsRefused() throws Exception {
    try (TlsPair pair = new TlsPair("TLSv1.2")) {
      pair.client.engine().beginHandshake();
      pair.client.sendRaw(pair.client.record(new byte[0]));
      var failure =
          assertThrows(SSLException.class, () -> pair.server.tls().read(ByteBuffer.allocate(100)));
      assertTrue(failure.getMessage().contains("anew"), failure.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aForgedRecordIsRefusedAndThePeerIsTold(String protocol) throws Exception {
    try (TlsPair pair = new TlsPair(protocol)) {
      byte[] record = pair.client.record(TEXT);
      record[record.length - 1] ^= 1;
      pair.client.sendRaw(record);
      assertThrows(SSLException.class, () -> pair.server.tls().read(ByteBuffer.allocate(100)));
      var told =
          assertThrows(SSLException.class, () -> pair.client.tls().read(ByteBuffer.allocate(100)));
      assertTrue(told.getMessage().contains("bad_record_mac"), told.getMessage());
    }
  }

  // ---- the end

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void afterAGracefulCloseThePlainSideCanBeRead(String protocol) throws Exception {
    try (TlsPair pair = new TlsPair(protocol)) {
      pair.server.send(TEXT);
      pair.server.tls().finish();
      pair.server.tls().finish();
      assertArrayEquals(TEXT, pair.client.read(100));
      assertThrows(SSLException.class, () -> pair.server.send(TEXT));
      pair.client.sendRaw(TEXT);
      pair.client.plain().close();
      ByteBuffer into = ByteBuffer.allocate(1000);
      while (pair.server.plain().read(into) >= 0) {}
      assertTrue(into.position() >= TEXT.length);
    }
  }

  private static byte[] random(int size) {
    byte[] text = new byte[size];
    new Random(1).nextBytes(text);
    return text;
  }
}
