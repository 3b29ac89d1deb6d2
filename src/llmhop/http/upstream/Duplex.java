package llmhop.http.upstream;

import llmhop.http.wire.Transport;

/// A connection that speaks another protocol now, raw in both directions. The reply that it came
/// with owns it.
public final class Duplex {
  private final Transport transport;
  private final byte[] early;
  private final Call call;

  Duplex(Transport transport, byte[] early, Call call) {
    this.transport = transport;
    this.early = early;
    this.call = call;
  }

  /// The bytes from now on.
  public Transport transport() {
    return transport;
  }

  /// What the backend sent right behind its head: it comes before what is read.
  public byte[] early() {
    return early;
  }

  /// Throws the reason why we ended it, if we did: [Call#cancel] or the limit on the whole. The
  /// transport can't tell.
  public void check() throws UpstreamException {
    call.check();
  }
}
