package llmhop.backend;

/// One request in the hands of one backend: counted there from before it is sent until this is
/// closed. Used by one thread, but for [#progressed].
public final class Lease implements AutoCloseable {
  private final Backend backend;
  private final boolean trial;
  private final int progressBefore;
  private boolean answered;
  private boolean failed;
  private boolean closed;
  private Place place = Place.NONE;

  /// One that the backend has begun already.
  ///
  /// @param trial whether it is to show that the backend is well again
  Lease(Backend backend, boolean trial) {
    this.backend = backend;
    this.trial = trial;
    this.progressBefore = backend.progress();
  }

  /// In whose hands.
  public Backend backend() {
    return backend;
  }

  /// A place that the request has at the backend's model, as long as this.
  public void holds(Place taken) {
    place = taken;
  }

  /// There is a connection.
  public void connected() {
    if (trial) {
      backend.health().connected();
    }
  }

  /// The head of an answer has come, whatever it says.
  public void answered() {
    answered = true;
    backend.progressed();
    if (trial) {
      backend.health().answered();
    }
  }

  /// More of the answer has come; any thread may tell.
  public void progressed() {
    backend.progressed();
  }

  /// No connection could be made.
  ///
  /// @param why for operators
  public void refused(String why) {
    failed = true;
    backend.health().refused(trial, why);
  }

  /// The first byte of an answer took too long. Where others have had answers meanwhile, the
  /// request waited its turn there, or is a hard one.
  ///
  /// @param why for operators
  public void late(String why) {
    if (trial || backend.progress() == progressBefore) {
      broke(why);
    }
  }

  /// The backend broke off, or sent what isn't HTTP.
  ///
  /// @param why for operators
  public void broke(String why) {
    failed = true;
    backend.health().broke(trial, why);
  }

  /// It is over, one way or another. Harmless when repeated.
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (answered && !failed) {
      backend.health().unbroken();
    } else if (trial && !failed) {
      backend.health().released();
    }
    backend.ended();
    place.close();
  }
}
