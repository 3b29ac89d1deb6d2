package llmhop.http.front;

import java.time.Duration;
import llmhop.http.wire.ChunkDecoder;
import llmhop.http.wire.MultipartScan;

/// The table of what the front bounds: each limit with its key, its default, its reason, and what
/// happens past it. The documentation's table is made of it.
public enum Limit {
  /// [Limits#head].
  HEAD_TIME(
      "http.headTimeout",
      text(Limits.DEFAULT.head()),
      "408; closed without a word when no byte came",
      "a head is one packet or a few; a TLS handshake has as long"),
  /// [Limits#bodyStall].
  BODY_STALL(
      "http.bodyStall",
      text(Limits.DEFAULT.bodyStall()) + " for each " + bytes(Limits.BODY_PROGRESS),
      "408",
      "a slow line brings it, a drip doesn't"),
  /// [Limits#idle].
  IDLE_TIME(
      "http.idleTimeout",
      text(Limits.DEFAULT.idle()),
      "closed without a word",
      "longer than load balancers keep theirs"),
  /// [Limits#writeStall].
  WRITE_STALL(
      "http.writeStall",
      text(Limits.DEFAULT.writeStall()),
      "the connection is cut",
      "who reads nothing for so long has gone"),
  /// [Limits#connections].
  CONNECTIONS(
      "http.maxConnections",
      Integer.toString(Limits.DEFAULT.connections()),
      "the longest idle connection of the address that holds most makes room, else 503",
      "with a connection to a backend each they fit into 20,000 descriptors"),
  /// [Limits#headBytes].
  HEAD_BYTES(
      "http.maxHeadBytes", bytes(Limits.DEFAULT.headBytes()), "431", "cookies and long tokens fit"),
  /// [Limits#targetBytes].
  TARGET_BYTES(
      "half of http.maxHeadBytes",
      bytes(Limits.DEFAULT.targetBytes()),
      "414",
      "the fields need room too"),
  /// [Limits#fields].
  FIELDS(
      "http.maxHeaders",
      Integer.toString(Limits.DEFAULT.fields()),
      "431",
      "more than browsers and proxies send"),
  /// The longest method.
  METHOD(
      "the method (fixed)",
      HeadReader.LONGEST_METHOD + " characters",
      "400",
      "longer than any registered one"),
  /// [ChunkDecoder#LONGEST_SIZE_LINE].
  CHUNK_LINE(
      "the line of a chunk's size (fixed)",
      bytes(ChunkDecoder.LONGEST_SIZE_LINE),
      "400",
      "extensions are dropped unread"),
  /// [ChunkDecoder#MAX_EXTENSIONS].
  CHUNK_EXTENSIONS(
      "extensions of all chunks of a body (fixed)",
      bytes(ChunkDecoder.MAX_EXTENSIONS),
      "400; 502 for a backend's answer",
      "they are dropped unread, and cost as much as a body"),
  /// [ChunkDecoder#LONGEST_TRAILERS].
  TRAILERS(
      "trailers (fixed)",
      bytes(ChunkDecoder.LONGEST_TRAILERS) + ", line feeds not counted",
      "400",
      "they are dropped unread"),
  /// [MultipartScan#MAX_PARTS].
  FORM_PARTS(
      "parts of a form (fixed)",
      Integer.toString(MultipartScan.MAX_PARTS),
      "400",
      "Starlette, Werkzeug and Go take no more"),
  /// [MultipartScan#LONGEST_HEAD].
  FORM_HEAD(
      "the head of a form's part (fixed)",
      bytes(MultipartScan.LONGEST_HEAD),
      "400",
      "names and types take some hundred bytes"),
  /// [MultipartScan#MAX_HEAD_BYTES].
  FORM_HEADS(
      "the heads of all parts of a form (fixed)",
      bytes(MultipartScan.MAX_HEAD_BYTES),
      "400",
      "262 bytes for each of a thousand parts, twice what browsers send"),
  /// [Limits#CONNECTION_OPTIONS].
  CONNECTION_OPTIONS(
      "options in `Connection` (fixed)",
      Integer.toString(Limits.CONNECTION_OPTIONS),
      "400",
      "each may name a field, of which there are no more"),
  /// [Limits#RESERVED].
  RESERVED(
      "connections beyond http.maxConnections, for `/health` and `/ready` (fixed)",
      Integer.toString(Limits.RESERVED),
      "the oldest of the address that holds most is closed without a word",
      "health checks of all orchestrators fit; every other request gets 503"),
  /// [Limits#RESERVED_HEAD].
  RESERVED_HEAD(
      "the head of such a connection (fixed)",
      text(Limits.RESERVED_HEAD),
      "503",
      "a health check sends its head at once"),
  /// [ConnectionLimiter#HEAP_PART].
  CONNECTION_MEMORY(
      "memory of connections, %d KiB each, with TLS %d KiB (fixed)"
          .formatted(
              ConnectionLimiter.ownBytes(false) / 1024, ConnectionLimiter.ownBytes(true) / 1024),
      "half of the heap's budget",
      "as past http.maxConnections",
      "requests and their bodies need the rest"),
  /// [SlowReaders#HEAP_PART].
  UNREAD(
      "memory of callers that take nothing of their answers (fixed)",
      "an eighth of the heap's budget",
      "the slowest are cut, first those of an address that holds over a quarter of it",
      "thousands of them would hold more than the bodies of all others"),
  /// [Limits#LINGER_BYTES].
  LINGER_BYTES(
      "hearing out (fixed)",
      bytes(Limits.LINGER_BYTES),
      "the connection is cut",
      "the largest bodies that are usual"),
  /// [Limits#LINGER].
  LINGER_TIME(
      "hearing out (fixed)",
      text(Limits.LINGER),
      "the connection is cut",
      "who is refused early sees its answer while it still sends"),
  /// [Limits#READ_AHEAD].
  READ_AHEAD(
      "reading ahead (fixed)",
      bytes(Limits.READ_AHEAD),
      "nobody looks for a hang-up any more; what came is kept",
      "pipelined requests are small");

  private final String key;
  private final String usual;
  private final String past;
  private final String reason;

  Limit(String key, String usual, String past, String reason) {
    this.key = key;
    this.usual = usual;
    this.past = past;
    this.reason = reason;
  }

  private static String text(Duration time) {
    return time.toSeconds() + " s";
  }

  private static String bytes(long count) {
    return count < 1024 * 1024 ? count / 1024 + " KiB" : count / (1024 * 1024) + " MiB";
  }

  /// All of them as a table in Markdown.
  public static String table() {
    var table = new StringBuilder("| key | default | past it | reason |\n|---|---|---|---|\n");
    for (Limit limit : values()) {
      table.append(
          "| %s | %s | %s | %s |\n".formatted(limit.key, limit.usual, limit.past, limit.reason));
    }
    return table.toString();
  }
}
