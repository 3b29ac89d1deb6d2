package llmhop.http.upstream;

import llmhop.http.wire.Depletion;

/// What went wrong on the way to an answer. Messages name addresses: they are for operators.
public abstract sealed class UpstreamException extends Exception {
  private UpstreamException(String message, Throwable cause) {
    super(message, cause, false, false);
  }

  /// No connection; nothing was sent by this attempt, so the request may be sent elsewhere.
  public static final class Unreachable extends UpstreamException {
    Unreachable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /// It broke off, or sent what isn't HTTP. The request may have been worked on.
  public static sealed class BadReply extends UpstreamException {
    BadReply(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /// A kept connection died before the backend can have begun to work, and no other could be made.
  /// Bytes of the request were written, so it goes elsewhere only where the config says so.
  public static final class Lost extends BadReply {
    Lost(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /// This process or machine is out of something, for which no backend can be blamed.
  public static final class Exhausted extends UpstreamException {
    private final Depletion depletion;
    private final boolean sent;

    /// @param sent whether bytes of the request may have been written
    public Exhausted(Depletion depletion, boolean sent, Throwable cause) {
      super("out of " + depletion.word() + ": " + cause, cause);
      this.depletion = depletion;
      this.sent = sent;
    }

    /// The resource of which nothing is left.
    public Depletion depletion() {
      return depletion;
    }

    /// Whether bytes of the request may have been written: then the request may have run.
    public boolean sent() {
      return sent;
    }
  }

  /// We broke off: [Call#cancel], or an interrupt. The request may have been worked on.
  public static final class Cancelled extends BadReply {
    Cancelled() {
      super("cancelled", null);
    }
  }

  /// It was over a limit.
  public static final class TimedOut extends UpstreamException {
    private final Timing.Limit limit;

    TimedOut(Timing.Limit limit) {
      super("over the limit '" + limit.word() + "'", null);
      this.limit = limit;
    }

    /// Which one.
    public Timing.Limit limit() {
      return limit;
    }
  }

  /// The request's own body failed; the cause is what it threw.
  public static final class BodyFailed extends UpstreamException {
    BodyFailed(Throwable cause) {
      super("the request's body failed", cause);
    }
  }
}
