package llmhop.http.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import llmhop.schedule.FairWorkers;

/// One TLS handshake. The connection's virtual thread receives and sends; the keys and signatures
/// in between, milliseconds of CPU, are made by [FairWorkers]. A connection that is closed leaves
/// their queue. Used by one thread, for which a worker stands in.
final class TlsHandshake {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final PlainTransport plain;
  private final FairWorkers.Lane lane;
  private final Object key;
  private final Supplier<SSLEngine> engines;
  private TlsTransport tls;
  private HandshakeStatus status;
  private SSLException failure;

  TlsHandshake(
      PlainTransport plain, FairWorkers.Lane lane, Object key, Supplier<SSLEngine> engines) {
    this.plain = plain;
    this.lane = lane;
    this.key = key;
    this.engines = engines;
  }

  /// Shakes hands.
  ///
  /// @param first what was received before, ready to be read
  TlsTransport run(ByteBuffer first) throws IOException {
    boolean server = first.hasRemaining();
    var input = new TlsInput(plain, first);
    if (server) {
      awaitRecord(input);
    }
    compute(() -> begin(input));
    while (status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED) {
      switch (status) {
        case NEED_WRAP -> status = send();
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          awaitRecord(input);
          compute(this::proceed);
        }
        case NEED_TASK -> compute(this::proceed);
        case NOT_HANDSHAKING, FINISHED -> {}
      }
    }
    input.turned();
    return tls;
  }

  private HandshakeStatus send() throws IOException {
    try {
      return tls.output().write(NOTHING).getHandshakeStatus();
    } catch (SSLException e) {
      tls.tellWhy();
      throw e;
    }
  }

  /// Receives until the engine has something to do, so that a peer that sends byte by byte does not
  /// call a worker for each.
  private static void awaitRecord(TlsInput input) throws IOException {
    while (!input.hasRecord()) {
      if (input.receive() < 0) {
        throw new SSLException("the peer closed during the TLS handshake");
      }
    }
  }

  /// Lets a worker do what needs no waiting.
  private void compute(Runnable work) throws IOException {
    Optional<FairWorkers.Task> task = FairWorkers.SHARED.submit(lane, key, work);
    if (task.isEmpty()) {
      throw crowded();
    }
    plain.onClose(task.get()::cancel);
    try {
      if (!task.get().await()) {
        throw plain.channel().isOpen() ? crowded() : new ClosedChannelException();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClosedByInterruptException();
    } finally {
      plain.onClose(() -> {});
    }
    if (failure != null) {
      tls.tellWhy();
      throw failure;
    }
  }

  private static CrowdedException crowded() {
    return new CrowdedException("too many TLS handshakes wait for a worker");
  }

  private void begin(TlsInput input) {
    SSLEngine engine = engines.get();
    tls = new TlsTransport(plain, engine, input);
    try {
      engine.beginHandshake();
      status = engine.getHandshakeStatus();
    } catch (SSLException e) {
      failure = e;
      return;
    }
    proceed();
  }

  /// Goes on until something must be received or sent.
  private void proceed() {
    SSLEngine engine = tls.engine();
    try {
      while (true) {
        switch (status) {
          case NEED_TASK -> {
            runTasks(engine);
            status = engine.getHandshakeStatus();
          }
          case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
            SSLEngineResult result = tls.input().decrypt(NOTHING);
            status = result.getHandshakeStatus();
            if (result.getStatus() == Status.CLOSED) {
              throw new SSLException("the peer ended the TLS handshake");
            }
            if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
              return;
            }
          }
          default -> {
            return;
          }
        }
      }
    } catch (SSLException e) {
      failure = e;
    }
  }

  private static void runTasks(SSLEngine engine) {
    for (Runnable task = engine.getDelegatedTask(); task != null; ) {
      task.run();
      task = engine.getDelegatedTask();
    }
  }
}
