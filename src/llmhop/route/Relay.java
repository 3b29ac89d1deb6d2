package llmhop.route;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.backend.Lease;
import llmhop.http.upstream.Reply;
import llmhop.http.upstream.UpstreamException;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Flow;
import llmhop.http.wire.Grammar;
import llmhop.http.wire.InletMemory;
import llmhop.route.Route.Found;

/// Copies a backend's answer to the caller as it comes. Used for one answer.
///
/// The head goes out at once, and each piece when there is nothing more at hand, so that an event
/// is never held back for the next. A stream of chunks is handed to the pump as soon as it has to
/// be waited for; where heartbeats go out, once its first byte is there. What goes wrong from here
/// on can't become a status any more: a stream gets an error event where an event may stand, and
/// the connection is cut without the last chunk.
final class Relay {
  /// What is first read of a stream that is waited for, in bytes: thousands may be.
  private static final int FIRST = 512;

  /// The buffer for an answer that comes quickly, in bytes.
  private static final int LARGE = 16 * 1024;

  private static final byte[] NOTHING = {};

  private final Exchange x;
  private final Reply reply;
  private final Intake.Request request;
  private final Lease lease;
  private final StreamEnd end;
  private final InletMemory memory;
  private byte[] buffer = NOTHING;

  /// What is taken of the memory for the buffer, in bytes.
  private int taken;

  private boolean mayTell = true;

  /// Whether the stream is one that heartbeats have begun.
  private boolean goesOn;

  private Relay(Exchange x, Intake.Request request, BackendAnswer from) {
    this.x = x;
    this.reply = from.reply();
    this.request = request;
    this.lease = from.lease();
    this.end = StreamEnd.of(reply.fields());
    this.memory = lease.backend().upstream().memory().buffers();
  }

  /// @param request what was asked, which isn't needed any more once a stream flows
  /// @param permit the caller's place, which is free once the backend has done its work
  /// @param guard what watches tunnels
  static void relay(
      Exchange x,
      Intake.Request request,
      Found asked,
      BackendAnswer from,
      Admission.Permit permit,
      TunnelGuard guard)
      throws IOException {
    Reply reply = from.reply();
    Fields fields = ForwardedFields.answer(reply.fields(), from.lease().backend().label());
    if (asked.route().hasStandIns()) {
      fields.add("X-LLMhop-Model", from.found().label());
    }
    if (reply.duplex().isPresent()) {
      Tunnel.run(x, from.found(), from.lease(), fields, reply.duplex().get(), guard);
      return;
    }
    new Relay(x, request, from).relay(from, fields);
    // First the backend's side: a body that is still being sent to it is the caller's to end.
    if (x.stillComing()) {
      x.flush();
    }
    from.close();
    request.close();
    // Whoever has its whole answer may ask again at once: its place is free before the end is sent.
    permit.close();
    x.finish();
  }

  private void relay(BackendAnswer from, Fields fields) throws IOException {
    Found found = from.found();
    try {
      int ready = begin(from, fields);
      if (from.isWhole()) {
        passed(ByteBuffer.wrap(buffer), 0, ready);
        x.write(buffer, 0, ready);
      } else {
        copy(ready);
      }
    } catch (UpstreamException e) {
      x.pulse().stop();
      throwIfGone();
      Forwarder.judge(lease, e);
      Refusal refusal = Forwarder.refusal(found, e);
      // Where a length was announced there is no room for more.
      if (mayTell && (goesOn || reply.length().isEmpty()) && end.isBetweenEvents()) {
        ErrorAnswer.event(x, refusal);
      }
      x.flush();
      throw refusal;
    } finally {
      releaseLarge();
    }
  }

  private void throwIfGone() throws IOException {
    if (x.gone()) {
      throw new EOFException("the caller left");
    }
  }

  /// @return how much of the body is in the buffer, as [BackendAnswer#ready]
  private int begin(BackendAnswer from, Fields answer) throws IOException, UpstreamException {
    boolean stream = end.isEventStream();
    if (stream) {
      answer.set("X-Accel-Buffering", "no");
    }
    boolean joins = stream && reply.status() == 200;
    if (!joins && x.onlyBeats()) {
      throw StrayAnswer.told(x, from);
    }
    if (joins && mayBeatBehind(from)) {
      x.beginOrGoOn(reply.reason(), answer);
      goesOn = x.onlyBeats();
      return first(from);
    }
    x.pulse().stop();
    goesOn = x.onlyBeats();
    if (!goesOn) {
      x.begin(reply.status(), reply.reason(), answer, length());
    } else if (joins) {
      x.bodyBegins();
    } else {
      throw StrayAnswer.told(x, from);
    }
    buffer = from.takeBuffer();
    return from.ready();
  }

  /// Only while its body is waited for, and only where it leaves room: it does when the stream is
  /// ours already, whatever length it has.
  private boolean mayBeatBehind(BackendAnswer from) {
    boolean isWaitedFor = from.ready() == 0 && !from.isWhole() && !reply.buffered();
    return x.pulse().beats() && isWaitedFor && (reply.length().isEmpty() || x.onlyBeats());
  }

  /// Waits for the first bytes, while heartbeats go out.
  private int first(BackendAnswer from) throws IOException, UpstreamException {
    byte[] first = new byte[FIRST];
    int read = reply.read(first, 0, first.length);
    x.bodyBegins();
    buffer = from.takeBuffer();
    System.arraycopy(first, 0, buffer, 0, Math.max(read, 0));
    return read;
  }

  /// The length to announce: what the backend announced, also where there is no body to it.
  private OptionalLong length() {
    boolean bodiless = x.method().equals("HEAD") || reply.status() == 304;
    return bodiless
        ? reply
            .fields()
            .first("Content-Length")
            .map(Grammar::contentLength)
            .orElse(OptionalLong.empty())
        : reply.length();
  }

  private void copy(int ready) throws IOException, UpstreamException {
    int read = ready;
    while (read >= 0) {
      if (read > 0) {
        passed(ByteBuffer.wrap(buffer), 0, read);
      }
      boolean atHand = reply.buffered();
      if (!atHand && x.raw().canRelay()) {
        Optional<Flow.Source> source = reply.source();
        if (source.isPresent()) {
          flow(source.get(), read);
          return;
        }
      }
      x.write(buffer, 0, read);
      if (!atHand) {
        x.flush();
      }
      fit(read, atHand);
      read = reply.read(buffer, 0, buffer.length);
    }
  }

  /// Makes the buffer large while the answer comes quickly, and small again where more has to be
  /// waited for: thousands of answers may wait.
  private void fit(int last, boolean atHand) {
    if (last == BackendAnswer.FIRST && taken == 0 && memory.take(LARGE)) {
      taken = LARGE;
      buffer = new byte[LARGE];
    } else if (taken > 0 && !atHand && last <= BackendAnswer.FIRST / 4) {
      releaseLarge();
      buffer = new byte[BackendAnswer.FIRST];
    }
  }

  private void releaseLarge() {
    if (taken > 0) {
      memory.give(taken);
      taken = 0;
    }
  }

  private void passed(ByteBuffer bytes, int from, int to) {
    x.journal().out(to - from);
    lease.progressed();
    end.passed(bytes, from, to);
  }

  /// The pump relays the rest. Nothing of the request is kept meanwhile, nor a buffer.
  private void flow(Flow.Source source, int ready) throws IOException, UpstreamException {
    Flow flow = x.raw().relay(source, buffer, ready, this::passed);
    buffer = null;
    releaseLarge();
    request.close();
    try {
      if (reply.relay(flow) != Flow.End.WHOLE) {
        throw new EOFException("the caller left, or took nothing for too long");
      }
    } finally {
      mayTell = x.raw().relayed(flow);
    }
  }
}
