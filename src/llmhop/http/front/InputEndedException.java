package llmhop.http.front;

import java.io.IOException;

/// The rest of a request's body does not come, since the router ended the connection's input.
public final class InputEndedException extends IOException {
  private final InputEnd why;

  InputEndedException(InputEnd why) {
    super("the router ended the input: " + why);
    this.why = why;
  }

  /// The reason of the router.
  public InputEnd why() {
    return why;
  }
}
