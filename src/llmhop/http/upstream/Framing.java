package llmhop.http.upstream;

/// How the end of a reply's body is known.
sealed interface Framing {
  /// Whether the connection may live on after the end.
  default boolean tellsItsEnd() {
    return !(this instanceof UntilClose);
  }

  /// After so many bytes.
  ///
  /// @param bytes 0 for no body
  record Length(long bytes) implements Framing {}

  /// After the last chunk.
  record Chunked() implements Framing {}

  /// When the connection ends.
  record UntilClose() implements Framing {}
}
