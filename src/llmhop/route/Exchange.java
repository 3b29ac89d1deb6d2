package llmhop.route;

import com.sun.net.httpserver.HttpExchange;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.caller.Quota;
import llmhop.http.front.InputEnd;
import llmhop.http.front.InputEndedException;
import llmhop.http.front.RawExchange;
import llmhop.http.wire.CrowdedException;
import llmhop.http.wire.Fields;

/// A request that came in and the answer that goes out, in the words of this product. Used by one
/// thread, but for reading the body, and for what its [Pulse] does meanwhile.
///
/// ```
///   accept --> (body read) --> begin --> write, flush … --> finish
///                 |              |         |
///                 +--- answer ---+         +--> abort: the connection is cut, visibly
///                 |
///                 +-- beat … --> beginOrGoOn -- beat … --> bodyBegins --> write, flush …
/// ```
public final class Exchange {
  /// A comment, which ends where an event may begin (HTML standard, section 9.2.5).
  private static final byte[] BEAT = ": keep-alive\n\n".getBytes(StandardCharsets.US_ASCII);

  private final RawExchange raw;
  private final Journal journal;
  private boolean begun;
  private volatile boolean onlyBeats;
  private Pulse pulse = Pulse.NONE;
  private Browsers.Pass pass = Browsers.Pass.NOTHING;
  private Optional<Quota> quota = Optional.empty();

  private Exchange(RawExchange raw, Journal journal) {
    this.raw = raw;
    this.journal = journal;
  }

  /// Wraps a request. Never throws: what is wrong with it is found by [#check].
  static Exchange accept(HttpExchange http, Journal journal) {
    return new Exchange(RawExchange.of(http), journal);
  }

  /// What is known of this request.
  Journal journal() {
    return journal;
  }

  /// What the router has to say of the head, and what the engine hasn't said.
  ///
  /// @throws Refusal when it must not be forwarded
  void check() {
    raw.complaint()
        .ifPresent(
            complaint -> {
              throw Refusal.badRequest(complaint);
            });
    if (method().equals("CONNECT") || method().equals("TRACE")) {
      throw Refusal.badRequest("This router makes no tunnels and echoes nothing.");
    }
    if (fields().all("Content-Type").size() > 1) {
      throw Refusal.badRequest("There must be one Content-Type field.");
    }
  }

  /// The method, as it came.
  public String method() {
    return raw.method();
  }

  /// The raw target, as it came.
  String rawTarget() {
    return raw.target();
  }

  /// The request's fields.
  public Fields fields() {
    return raw.fields();
  }

  /// Where the connection comes from.
  InetAddress peer() {
    return raw.peer();
  }

  /// The key of the caller's group, for rules per address.
  public Object addressKey() {
    return raw.addressKey();
  }

  /// Whether it came over TLS.
  boolean secure() {
    return raw.secure();
  }

  /// The exchange in the engine's own words.
  RawExchange raw() {
    return raw;
  }

  /// The body's length where the head tells it; 0 where there is none.
  OptionalLong declaredLength() {
    return raw.length();
  }

  boolean hasBody() {
    return raw.length().orElse(-1) != 0;
  }

  /// Reads what is there of the body, waiting for the first byte.
  ///
  /// @return how many bytes, -1 at its end
  /// @throws Refusal when it ends early, comes too slowly or its framing is broken
  int read(byte[] buffer, int offset, int length) {
    try {
      int read = raw.read(buffer, offset, length);
      journal.in(Math.max(read, 0));
      return read;
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /// Waits until bytes of the body can be read at once, or its end.
  ///
  /// @return how many bytes are there, framing included; below 1 where that isn't known
  /// @throws Refusal as of [#read]
  int awaitBody() {
    try {
      return raw.awaitBody();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /// Drops a body that has come whole already, so that the connection can be kept after a refusal.
  /// Not while another thread may read the body.
  void dropBufferedBody() {
    raw.dropBufferedBody();
  }

  private static Refusal unreadable(IOException failure) {
    return switch (failure) {
      case InputEndedException e -> ended(e.why());
      case CrowdedException _ -> Refusal.overloaded("memory for what callers send (the heap)");
      default -> Refusal.badRequest("The request body broke off or its framing is invalid.");
    };
  }

  /// Returns what a caller is told whose input the router ended.
  private static Refusal ended(InputEnd why) {
    return switch (why) {
      case BODY_LATE -> Refusal.timeout("The request's body came too slowly. Send it again.");
      case HEAD_LATE, IDLE ->
          Refusal.timeout("The connection was idle for too long when the request came.");
      case UNREAD -> Refusal.timeout("The caller took nothing of an answer for too long.");
      case EVICTED ->
          Refusal.tooManyConnections("The connection was needed for another caller. Try again.");
      case CUT -> Refusal.overloaded("buffered request bytes (maxBufferedBytes)");
      case STOPPING -> Refusal.draining();
    };
  }

  /// Reads a small body whole.
  ///
  /// @throws Refusal when it is larger than this, in bytes
  public byte[] readAll(int limit) {
    byte[] bytes = new byte[limit + 1];
    int filled = 0;
    while (filled <= limit) {
      int read = hasBody() ? read(bytes, filled, bytes.length - filled) : -1;
      if (read < 0) {
        return Arrays.copyOf(bytes, filled);
      }
      filled += read;
    }
    throw Refusal.requestTooLarge(limit, "this path's own limit");
  }

  /// Whether the caller hasn't sent its whole body yet, as far as is known.
  boolean stillComing() {
    return !raw.bodyDone();
  }

  /// Runs this, on a thread of its own, should the caller leave while it waits.
  void watch(Runnable gone) {
    raw.watch(pulse.watch(gone));
  }

  /// Whether the caller has left, as far as is known.
  boolean gone() {
    return raw.gone() || pulse.callerLeft();
  }

  /// What the caller hears until its answer begins.
  Pulse pulse() {
    return pulse;
  }

  /// This is it from now on.
  Pulse pulse(Pulse beating) {
    pulse = beating;
    return beating;
  }

  /// Asks whether a page in a browser may do what this request does; what browsers are to be told
  /// is added to the answer.
  ///
  /// @return the answer to a browser that only asks
  /// @throws Refusal when it may not
  Optional<Fields> askedByBrowser(Browsers browsers) {
    return switch (browsers.decide(method(), fields(), secure(), raw.loopbackPort())) {
      case Browsers.Preflight(Fields answer) -> Optional.of(answer);
      case Browsers.Pass passing -> {
        pass = passing;
        yield Optional.empty();
      }
    };
  }

  /// What is left to the caller, which its answer tells.
  void quota(Quota left) throws IOException {
    pulse.keepingStill(() -> quota = Optional.of(left));
  }

  /// The connection must not outlive this answer.
  void closeAfterwards() {
    raw.closeAfterwards();
  }

  /// Whether the head of an answer is out.
  boolean begun() {
    return begun;
  }

  /// Whether an answer of ours has begun in which there is nothing yet but heartbeats. May change
  /// as long as the pulse beats.
  boolean onlyBeats() {
    return onlyBeats;
  }

  /// A heartbeat, in a stream that begins with it if none has begun. On the pulse's thread.
  void beat() throws IOException {
    if (!begun) {
      var fields = new Fields();
      fields.add("Content-Type", "text/event-stream");
      fields.add("Cache-Control", "no-cache");
      fields.add("X-Accel-Buffering", "no");
      onlyBeats = true;
      head(200, "", fields, OptionalLong.empty());
    }
    raw.write(BEAT, 0, BEAT.length);
    raw.flush();
  }

  /// The head of an answer, after which there are no heartbeats. It, and whatever is written after
  /// it, goes out at the next flush.
  ///
  /// @param reason the reason phrase; `""` for the usual one
  /// @param answer end-to-end fields only; framing is the engine's
  /// @param length the body's length; empty when only the end will tell
  void begin(int status, String reason, Fields answer, OptionalLong length) throws IOException {
    pulse.stop();
    checkPresent();
    head(status, reason, answer, length);
  }

  /// The head of a stream of events, which goes out at once, and heartbeats behind it. Where
  /// heartbeats have begun one it goes on, and this head is dropped.
  void beginOrGoOn(String reason, Fields answer) throws IOException {
    pulse.keepingStill(
        () -> {
          if (!onlyBeats) {
            head(200, reason, answer, OptionalLong.empty());
            raw.flush();
          }
        });
  }

  /// What is written from here on is of the answer's body.
  void bodyBegins() throws IOException {
    pulse.stop();
    checkPresent();
    onlyBeats = false;
  }

  /// Nothing may follow a heartbeat that failed.
  private void checkPresent() throws EOFException {
    if (pulse.callerLeft()) {
      throw new EOFException("the caller left while it waited");
    }
  }

  private void head(int status, String reason, Fields answer, OptionalLong length)
      throws IOException {
    answer.set("X-Request-Id", journal.id());
    pass.addTo(answer);
    addQuota(answer);
    begun = true;
    journal.head(status);
    raw.begin(status, reason, answer, length);
  }

  private void addQuota(Fields answer) {
    if (quota.isPresent()) {
      RateFields.addTo(answer, quota.get());
    }
  }

  /// More of the answer's body.
  void write(byte[] bytes, int offset, int length) throws IOException {
    raw.write(bytes, offset, length);
  }

  /// Sends what is held back.
  void flush() throws IOException {
    raw.flush();
  }

  /// The answer is written.
  void finish() throws IOException {
    raw.finish();
  }

  /// Passes an interim answer on.
  void interim(int status, Fields interim) throws IOException {
    pulse.keepingStill(() -> raw.interim(status, interim));
  }

  /// Whether the caller asks for a WebSocket, and can get one.
  boolean upgrade() {
    return raw.upgrade();
  }

  /// Answers 101; from here on the connection speaks another protocol.
  RawExchange.Upgraded upgrade(Fields answer) throws IOException {
    pulse.stop();
    answer.set("X-Request-Id", journal.id());
    addQuota(answer);
    begun = true;
    journal.head(101);
    return raw.upgrade(answer);
  }

  /// Sends a whole answer and ends the exchange.
  public void answer(int status, Fields answer, byte[] body) throws IOException {
    begin(status, "", answer, OptionalLong.of(body.length));
    if (body.length > 0) {
      write(body, 0, body.length);
    }
    journal.out(body.length);
    finish();
  }

  /// Cuts the connection so that the caller can't take what it got for a whole answer.
  Abort abort(String why) {
    return new Abort(raw.abort(why));
  }

  /// We cut the connection, the caller didn't.
  static final class Abort extends IOException {
    private Abort(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }
}
