package llmhop.http.front;

import java.io.IOException;

/// A head that is refused.
final class FaultException extends IOException {
  private final Fault fault;

  FaultException(Fault fault, String message) {
    super(message);
    this.fault = fault;
  }

  Fault fault() {
    return fault;
  }

  /// They are thrown by whoever sends nonsense: no stack trace.
  @Override
  public Throwable fillInStackTrace() {
    return this;
  }
}
