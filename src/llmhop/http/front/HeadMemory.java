package llmhop.http.front;

/// The heap that the head of a request in hand takes.
final class HeadMemory {
  /// What each request is counted for anyway covers a head that takes so much, in bytes.
  private static final int COVERED = 8 * 1024;

  /// The JDK's objects of one field, beside its text, in bytes.
  private static final int FIELD_BYTES = 100;

  /// How often a head is held: its fields as text, and the bytes that are sent to the backend.
  private static final int COPIES = 2;

  /// How often the target is held beyond that: whole, cut up, for the backend, and for the log.
  private static final int TARGET_COPIES = 3;

  private HeadMemory() {}

  /// What a head takes beyond what each request is counted for, in bytes; 0 for most heads.
  ///
  /// @param length the head's length, in bytes
  static int beyondRequest(RequestHead head, int length) {
    int all =
        COPIES * length
            + TARGET_COPIES * head.target().length()
            + FIELD_BYTES * head.fields().size();
    return Math.max(all - COVERED, 0);
  }
}
