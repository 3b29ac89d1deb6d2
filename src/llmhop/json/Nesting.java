package llmhop.json;

import java.util.Arrays;

/// Which of object and array each open level is: a stack of bits, bounded.
final class Nesting {

  private final int maxDepth;
  private long[] objects = new long[1];
  private int depth;

  /// Of the innermost level; asked more often than it changes.
  private boolean inObject;

  Nesting(int maxDepth) {
    this.maxDepth = maxDepth;
  }

  int depth() {
    return depth;
  }

  boolean full() {
    return depth == maxDepth;
  }

  /// Opens a level; not to be called when it is full.
  void push(boolean object) {
    int word = depth >>> 6;
    if (word == objects.length) {
      objects = Arrays.copyOf(objects, objects.length * 2);
    }
    // A shift by more than 63 takes the lowest six bits of the distance.
    long bit = 1L << depth;
    objects[word] = object ? objects[word] | bit : objects[word] & ~bit;
    depth++;
    inObject = object;
  }

  /// Closes the innermost level.
  void pop() {
    depth--;
    int top = depth - 1;
    inObject = top >= 0 && (objects[top >>> 6] >>> top & 1) != 0;
  }

  /// Whether the innermost level is an object.
  boolean inObject() {
    return inObject;
  }
}
