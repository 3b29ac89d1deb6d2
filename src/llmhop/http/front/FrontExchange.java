package llmhop.http.front;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.http.wire.ChunkDecoder;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Flow;

/// One request and its answer, in the JDK's words and in [RawExchange]'s.
///
/// Two threads may use an exchange at once: the request's thread, and the upload's thread, which
/// reads the body and sends `100 Continue` before it. [SharedAnswer] keeps apart what they write.
/// The monitor of the exchange guards who is told of a hang-up; it is never held while anything is
/// written.
final class FrontExchange extends HttpExchange implements RawExchange {
  private final Connection connection;
  private final RequestHead head;
  private final RequestBody body;
  private final SharedAnswer answer;
  private boolean continued;
  private boolean closing;
  private volatile Runnable onHangUp;
  private JdkSide jdk;

  FrontExchange(Connection connection, RequestHead head) {
    this.connection = connection;
    this.head = head;
    this.body =
        new RequestBody(
            connection.transport(), connection.inlet(), connection.deadlines(), head.length());
    this.answer = new SharedAnswer(connection.out(), head);
  }

  // ---- for the connection

  boolean isUpgraded() {
    return answer.isUpgraded();
  }

  /// Ends the exchange after its handler has returned: an exchange without an answer gets one.
  void endUnanswered() throws IOException {
    if (!answer.hasBegun() && !answer.isUpgraded()) {
      closing = true;
      begin(500, "", new Fields(), OptionalLong.of(0));
    }
    answer.flushWhole();
  }

  /// Whether the whole answer went out.
  boolean isWhole() {
    return answer.isWhole();
  }

  /// Whether another request may follow.
  boolean keeps() {
    return !closing
        && head.keepAlive()
        && body.isDone()
        && !answer.endsWithConnection()
        && connection.mayContinue();
  }

  /// Ends the exchange and gives the outlet's array back. Waits for a write that another thread has
  /// begun. A thread that still reads the body, or keeps the exchange, writes nothing from here on,
  /// and is told of no hang-up.
  void over() {
    answer.end();
    synchronized (this) {
      onHangUp = null;
    }
  }

  // ---- RawExchange

  @Override
  public String method() {
    return head.method();
  }

  @Override
  public String target() {
    return head.target();
  }

  @Override
  public boolean http11() {
    return head.http11();
  }

  @Override
  public Fields fields() {
    return head.fields();
  }

  @Override
  public Optional<String> complaint() {
    return Optional.empty();
  }

  @Override
  public InetAddress peer() {
    return JdkSide.inet(connection.remote()).getAddress();
  }

  @Override
  public Object addressKey() {
    return connection.slot().key();
  }

  @Override
  public boolean loopbackPort() {
    return connection.loopbackPort();
  }

  @Override
  public boolean secure() {
    return connection.isSecure();
  }

  @Override
  public boolean upgrade() {
    return head.upgrade();
  }

  @Override
  public OptionalLong length() {
    return head.length() < 0 ? OptionalLong.empty() : OptionalLong.of(head.length());
  }

  /// RFC 9110 section 10.1.1: `100 Continue` only to who waits for it, and only now.
  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    wantBody();
    int read = body.read(into, offset, length);
    armWhenRead();
    return read;
  }

  @Override
  public int awaitBody() throws IOException {
    wantBody();
    return body.await();
  }

  private void wantBody() throws IOException {
    if (answer.isOver()) {
      throw new EOFException("the exchange is over");
    }
    if (!continued) {
      continued = true;
      if (head.expectsContinue() && body.isToCome()) {
        answer.askForBody();
      }
    }
  }

  @Override
  public void dropBufferedBody() {
    body.dropBuffered();
  }

  @Override
  public void cutBody() {
    connection.shutInput(InputEnd.CUT);
  }

  @Override
  public boolean bodyDone() {
    return body.isDone();
  }

  @Override
  public void watch(Runnable gone) {
    onHangUp = gone;
    armWhenRead();
  }

  private void armWhenRead() {
    if (onHangUp != null && body.isDone()) {
      arm();
    }
  }

  /// Once for each, though a thread may read the body while another one watches.
  private synchronized void arm() {
    Runnable gone = onHangUp;
    onHangUp = null;
    if (gone != null && !answer.isOver() && !connection.isInputEnded()) {
      if (!connection.hangUp().isArmed()) {
        // It may take long from here on: a long head needs no room any more.
        connection.inlet().shrink();
      }
      connection.hangUp().arm(gone);
    }
  }

  @Override
  public boolean gone() {
    return connection.hangUp().isGone();
  }

  @Override
  public void closeAfterwards() {
    closing = true;
  }

  @Override
  public void interim(int status, Fields fields) throws IOException {
    answer.interim(status, fields);
  }

  @Override
  public void begin(int status, String reason, Fields fields, OptionalLong length)
      throws IOException {
    // A caller that was told that the connection ends waits for that, even if the body is read
    // after all.
    closing = !keeps();
    if (answer.wouldEndWithConnection(status, length)) {
      connection.resetsAtEnd(true);
    }
    answer.begin(status, reason, fields, length, !closing);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    answer.write(bytes, offset, length);
  }

  @Override
  public void flush() throws IOException {
    answer.flush();
  }

  @Override
  public void finish() throws IOException {
    answer.finish();
    if (answer.endsWithConnection()) {
      connection.resetsAtEnd(false);
    }
  }

  @Override
  public IOException abort(String why) {
    connection.kill();
    return new IOException(why);
  }

  @Override
  public boolean canRelay() {
    return answer.isChunked() && !connection.isSecure() && body.isDone();
  }

  @Override
  public Flow relay(Flow.Source source, byte[] first, int length, ChunkDecoder.Runs runs)
      throws IOException {
    answer.handOver(first, length, source.chunks());
    var flow = new Flow(connection.server().pump(), source, connection.sink(), runs);
    connection.flows(flow);
    return flow;
  }

  @Override
  public boolean relayed(Flow flow) throws IOException {
    connection.flow().end();
    if (flow.isCut()) {
      return false;
    }
    if (flow.chunks().isAtChunkEnd()) {
      answer.endChunk();
    }
    return flow.chunks().leftOfChunk() == 0;
  }

  @Override
  public Upgraded upgrade(Fields fields) throws IOException {
    connection.hangUp().disarm();
    connection.resetsAtEnd(true);
    answer.upgrade(fields);
    connection.inlet().release();
    var timed = new TimedTransport(connection);
    return new Upgraded(timed, connection.server().limits().writeStall());
  }

  // ---- HttpExchange

  private JdkSide jdk() {
    if (jdk == null) {
      jdk = new JdkSide(this);
    }
    return jdk;
  }

  @Override
  public Headers getRequestHeaders() {
    return jdk().requestHeaders();
  }

  @Override
  public Headers getResponseHeaders() {
    return jdk().responseHeaders();
  }

  @Override
  public URI getRequestURI() {
    return jdk().uri();
  }

  @Override
  public String getRequestMethod() {
    return head.method();
  }

  @Override
  public HttpContext getHttpContext() {
    return jdk().context();
  }

  void context(HttpContext context) {
    jdk().context(context);
  }

  @Override
  public void close() {
    jdk().close();
  }

  @Override
  public InputStream getRequestBody() {
    return jdk().in();
  }

  @Override
  public OutputStream getResponseBody() {
    return jdk().out();
  }

  @Override
  public void sendResponseHeaders(int status, long length) throws IOException {
    jdk().sendHeaders(status, length);
  }

  @Override
  public InetSocketAddress getRemoteAddress() {
    return JdkSide.inet(connection.remote());
  }

  @Override
  public int getResponseCode() {
    return answer.hasBegun() ? answer.status() : -1;
  }

  @Override
  public InetSocketAddress getLocalAddress() {
    return JdkSide.inet(connection.local());
  }

  @Override
  public String getProtocol() {
    return head.http11() ? "HTTP/1.1" : "HTTP/1.0";
  }

  @Override
  public Object getAttribute(String name) {
    return jdk().attributes().get(name);
  }

  @Override
  public void setAttribute(String name, Object value) {
    jdk().attribute(name, value);
  }

  @Override
  public void setStreams(InputStream in, OutputStream out) {
    jdk().streams(in, out);
  }

  @Override
  public HttpPrincipal getPrincipal() {
    return jdk().principal();
  }

  void principal(HttpPrincipal principal) {
    jdk().principal(principal);
  }
}
