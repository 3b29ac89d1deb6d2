package llmhop.http.wire;

/// A form that can't be taken; the message is a sentence without its dot.
public final class MultipartException extends Exception {
  /// What is wrong.
  public enum Kind {
    /// Not multipart/form-data as RFC 7578 and RFC 2046 define it.
    NOT_MULTIPART,
    /// The part stands there twice.
    DUPLICATE,
    /// The part stands there in another case of letters only.
    OTHER_CASE,
    /// The part is longer than allowed.
    TOO_LONG
  }

  private final Kind kind;

  MultipartException(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  static MultipartException malformed(String message) {
    return new MultipartException(Kind.NOT_MULTIPART, message);
  }

  /// What is wrong.
  public Kind kind() {
    return kind;
  }
}
