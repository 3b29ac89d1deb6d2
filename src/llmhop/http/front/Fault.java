package llmhop.http.front;

/// What the front refuses by itself, before anybody above it sees a request. The connection closes.
public enum Fault {
  /// The head or its framing is not what RFC 9112 says.
  BAD_REQUEST(400),
  /// The head didn't come in time.
  TIMEOUT(408),
  /// The target is longer than any.
  URI_TOO_LONG(414),
  /// `Expect` asks for something else than `100-continue`.
  EXPECTATION_FAILED(417),
  /// The head is too long or has too many fields.
  HEAD_TOO_LARGE(431),
  /// Neither HTTP/1.1 nor HTTP/1.0.
  VERSION_NOT_SUPPORTED(505),
  /// As many connections as there may be are open.
  TOO_MANY_CONNECTIONS(503);

  private final int status;

  Fault(int status) {
    this.status = status;
  }

  /// The status of the answer.
  public int status() {
    return status;
  }
}
