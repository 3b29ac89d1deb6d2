package llmhop.http.upstream;

import java.io.IOException;
import java.util.function.Consumer;

/// The body of a request.
public interface Body {
  /// How many bytes it is.
  long length();

  /// Whether it can be written a second time, as it was the first.
  boolean repeatable();

  /// Whether [#writeTo] can be called again after the sink refused the first bytes: none of them
  /// was written, and the body still has them. Asked when [#writeTo] has returned.
  default boolean resumable() {
    return repeatable();
  }

  /// Told that the backend takes nothing of what [#writeTo] writes at the moment; once for each
  /// such write, on a thread that must not wait. A body that comes from elsewhere looks after its
  /// source meanwhile, since the thread in [#writeTo] can't.
  ///
  /// @param fail ends the request, though the write goes on, with this cause; from any thread
  default void stalled(Consumer<Throwable> fail) {}

  /// Writes itself, all of it. What it throws by itself, rather than the sink, ends the request.
  void writeTo(Sink sink) throws IOException;
}
