package llmhop.json;

/// A text is not what `MemberScan` was told to accept; says why and where.
///
/// The message is a plain sentence that ends without a dot, names the byte, and shows at most one
/// character of the text: `expected a colon but found '}' at byte 12`. There is no stack trace:
/// what is wrong is the text, and bad ones should cost little.
public final class ScanException extends Exception {

  private static final long serialVersionUID = 1;

  /// What is wrong.
  public enum Kind {
    /// It isn't JSON in UTF-8, or it ended too early.
    NOT_JSON,
    /// The outermost value is not an object; what follows its first byte was not judged.
    NOT_AN_OBJECT,
    /// More objects and arrays within each other than were allowed.
    TOO_DEEP,
    /// The outermost object has the member more than once, in any mix of upper and lower case.
    DUPLICATE,
    /// The outermost object has a member that it must not have.
    REFUSED,
    /// It has the member once, but in another case: some parsers would take it, others not.
    OTHER_CASE,
    /// The member's value is neither a string nor null.
    NOT_A_STRING,
    /// The member's value is longer than was allowed.
    TOO_LONG
  }

  private final Kind kind;
  private final long offset;

  ScanException(Kind kind, String problem, long offset) {
    super(problem + " at byte " + offset, null, false, false);
    this.kind = kind;
    this.offset = offset;
  }

  /// What is wrong, for a program.
  ///
  /// @return one of the kinds
  public Kind kind() {
    return kind;
  }

  /// Where it is wrong.
  ///
  /// @return in bytes from the first one fed, counted from 0; a byte order mark counts too
  public long offset() {
    return offset;
  }
}
