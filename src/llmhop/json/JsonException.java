package llmhop.json;

/// A text is not JSON, or not of the strict kind that is read here; says why and where.
///
/// The message is a plain sentence that ends without a dot, and shows at most one character or one
/// name of the text: `expected a comma or } but found 'x'`.
public final class JsonException extends Exception {

  private static final long serialVersionUID = 1;

  private final int line;
  private final int column;
  private final long offset;

  /// @param message what is wrong
  /// @param line where, counted from 1
  /// @param column where in the line, in characters, counted from 1
  /// @param offset where in the text, in bytes, counted from 0
  JsonException(String message, int line, int column, long offset) {
    super(message);
    this.line = line;
    this.column = column;
    this.offset = offset;
  }

  /// The line of what is wrong.
  ///
  /// @return counted from 1
  public int line() {
    return line;
  }

  /// The place in the line.
  ///
  /// @return in characters (code points), counted from 1
  public int column() {
    return column;
  }

  /// The place in the whole text.
  ///
  /// @return in bytes, counted from 0; the length of the text when it ended too early
  public long offset() {
    return offset;
  }
}
