package llmhop.http.front;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.http.wire.ChunkDecoder;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Flow;
import llmhop.http.wire.Transport;

/// What [HttpExchange] has no word for. Exchanges of this engine are such; for those of another one
/// an adapter stands in, which does what can be done there. Used by one thread, but for reading the
/// body, which another one may do, and what [#watch] runs.
public interface RawExchange {
  /// This exchange with all its words.
  static RawExchange of(HttpExchange http) {
    return http instanceof RawExchange raw ? raw : new ForeignExchange(http);
  }

  /// The method, as it came.
  String method();

  /// The target, as it came.
  String target();

  /// Whether the caller speaks HTTP/1.1.
  boolean http11();

  /// The fields, in the order and case they came.
  Fields fields();

  /// What is wrong with the head, where the engine hasn't refused it by itself.
  Optional<String> complaint();

  /// Where the caller is; 127.0.0.1 for a Unix socket.
  InetAddress peer();

  /// The key of the group of callers that this one belongs to, for rules per address: equal for the
  /// same IPv4 address and for the same IPv6 /64. A connection over a Unix socket or of a proxy
  /// that stands for many callers has a key of its own.
  Object addressKey();

  /// Whether it came to a TCP port that only this machine can connect to.
  boolean loopbackPort();

  /// Whether it came over TLS.
  boolean secure();

  /// Whether the head asks for a WebSocket, and this engine can make tunnels.
  boolean upgrade();

  /// The body's length; 0 for none, empty for one in chunks.
  OptionalLong length();

  /// Reads what is there of the body, waiting for the first byte; tells a caller that waits for it
  /// to go on.
  ///
  /// @return how many bytes, -1 at the end
  /// @throws InputEndedException when the router ended the input
  /// @throws IOException when it breaks off or its framing is wrong
  int read(byte[] into, int offset, int length) throws IOException;

  /// Waits until bytes of the body can be read at once, or its end; tells a caller that waits for
  /// it to go on. No memory is needed meanwhile.
  ///
  /// @return how many bytes are there, framing included; below 1 where that isn't known
  /// @throws InputEndedException when the router ended the input
  /// @throws IOException when it breaks off
  int awaitBody() throws IOException;

  /// Drops a body that has come whole already, so that the connection can be kept. Not while
  /// another thread may read the body.
  void dropBufferedBody();

  /// Ends the caller's input, from any thread: a thread that reads the body sees it break off.
  void cutBody();

  /// Whether nothing more of the body will come.
  boolean bodyDone();

  /// Runs `gone`, at most once and on a thread of its own, should the caller leave from now on; not
  /// before the body has been read.
  void watch(Runnable gone);

  /// Whether the caller has left, as far as is known.
  boolean gone();

  /// The connection ends after this answer.
  void closeAfterwards();

  /// Sends an interim answer, such as 103, to a caller that can take it.
  void interim(int status, Fields fields) throws IOException;

  /// The head of the answer; it goes out with the first bytes or the next [#flush].
  ///
  /// @param reason the reason phrase; `""` for the usual one
  /// @param fields end-to-end fields
  /// @param length the length to announce; empty where only the end will tell
  void begin(int status, String reason, Fields fields, OptionalLong length) throws IOException;

  /// More of the answer's body.
  void write(byte[] bytes, int offset, int length) throws IOException;

  /// Sends what is held back.
  void flush() throws IOException;

  /// The answer is whole: sends the rest. A caller that still sends its request is heard out for a
  /// moment, so that it sees the answer.
  void finish() throws IOException;

  /// Cuts the connection, so that the caller can't take what it got for a whole answer.
  ///
  /// @return to be thrown where an exception ends the exchange
  IOException abort(String why);

  /// Whether [#relay] can be asked for: an answer in chunks has begun, over a plain connection.
  boolean canRelay();

  /// Makes ready to relay the rest of a stream of chunks as it comes, once [Flow#relay] is called;
  /// sends what is held back.
  ///
  /// @param first bytes of the body that go before, in the chunk that the source is within
  /// @param length how many
  /// @param runs is shown what passes; on another thread
  Flow relay(Flow.Source source, byte[] first, int length, ChunkDecoder.Runs runs)
      throws IOException;

  /// The flow is over: the answer goes on from where it left off, and is to be finished.
  ///
  /// @return whether anything may be written before that: not within a chunk, nor where some of
  ///   what passed was dropped
  boolean relayed(Flow flow) throws IOException;

  /// Answers 101, and hands the connection over: nothing else of this exchange may be used then.
  Upgraded upgrade(Fields fields) throws IOException;

  /// A connection that speaks another protocol from now on.
  ///
  /// @param transport the bytes, from the first behind the request's head
  /// @param stall how long the caller may leave what is written to it unread
  record Upgraded(Transport transport, Duration stall) {}
}
