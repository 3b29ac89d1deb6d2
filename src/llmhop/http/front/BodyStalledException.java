package llmhop.http.front;

import java.io.IOException;

/// A request's body came more slowly than it must.
public final class BodyStalledException extends IOException {
  BodyStalledException() {
    super("the body comes too slowly");
  }
}
