package llmhop.http.front;

import llmhop.http.wire.InletMemory;

/// Counts the heap that the head of a request takes, from its first lines to the end of the
/// request. Each connection has one, which is used by the connection's thread alone.
///
/// Most heads come whole, in one read, and are short: they change no count.
final class HeadMemory {
  /// What each request is counted for anyway covers a head that takes so much, in bytes.
  private static final int COVERED = 8 * 1024;

  /// The lines of a head that is not whole are counted from so much on, in bytes: the heads of most
  /// programs take less, and are read however many long ones are on their way.
  private static final int COVERED_PART = 4 * 1024;

  /// The JDK's objects of one field, beside its text, in bytes.
  private static final int FIELD_BYTES = 100;

  /// How often a whole head is held: its fields as text, and the bytes sent to the backend.
  private static final int COPIES = 2;

  /// How often the target is held beyond that: whole, cut up, for the backend, and for the log.
  private static final int TARGET_COPIES = 3;

  /// The answer to a long head for which there is no memory.
  static final String CROWDED = "Too many long heads are on their way. Try again shortly.";

  private final InletMemory memory;

  /// What is taken of the memory, in bytes.
  private int taken;

  HeadMemory(InletMemory memory) {
    this.memory = memory;
  }

  /// Counts the lines that have come of a head whose end has not.
  ///
  /// @param length the length of those lines, in bytes
  /// @param lines how many they are
  /// @throws FaultException when there is no memory for them
  void part(int length, int lines) throws FaultException {
    holdAtLeast(length + FIELD_BYTES * lines - COVERED_PART);
  }

  /// Counts a whole head for as long as its request is in hand.
  ///
  /// @param length the head's length, in bytes
  /// @throws FaultException when there is no memory for it
  void whole(RequestHead head, int length) throws FaultException {
    holdAtLeast(
        COPIES * length
            + TARGET_COPIES * head.target().length()
            + FIELD_BYTES * head.fields().size()
            - COVERED);
  }

  private void holdAtLeast(int bytes) throws FaultException {
    int more = bytes - taken;
    if (more > 0) {
      if (!memory.take(more)) {
        throw new FaultException(Fault.TOO_MANY_CONNECTIONS, CROWDED);
      }
      taken = bytes;
    }
  }

  /// Gives all back: nothing refers to the head any more.
  void release() {
    if (taken > 0) {
      memory.give(taken);
      taken = 0;
    }
  }
}
