package llmhop.http.wire;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Knows of each pooled array whether it is taken or given back, and finds the faults that show
/// another owner: an array that is given back twice, given to a pool that it is not of, or written
/// after it was given back. A given-back array is filled with a text that can be recognised, so
/// that a late read shows garbage and a late write changes the text.
///
/// Remembers only arrays that live: those that the program drops are forgotten with them. Shared by
/// all threads.
final class BufferLedger {
  /// The text that fills given-back arrays, again and again.
  static final String GIVEN_BACK = "THIS BUFFER WAS GIVEN BACK. ";

  /// The most faults that are told with their stacks. More of them say nothing new and could fill a
  /// disk.
  private static final int MAX_TOLD = 20;

  /// The frames of each stack that are told: those below are the same for every request.
  private static final int MAX_FRAMES = 24;

  private final Map<Id, Entry> known = new HashMap<>();
  private final ReferenceQueue<byte[]> dropped = new ReferenceQueue<>();
  private final Map<Integer, byte[]> fillings = new HashMap<>();
  private final List<String> told = new ArrayList<>();
  private final Consumer<String> tell;
  private long faults;

  /// @param given where the array was given back; `null` while it is taken
  private record Entry(BufferCheck pool, Throwable given) {}

  /// An array by its identity.
  private static final class Id extends WeakReference<byte[]> {
    private final int hash;

    Id(byte[] array, ReferenceQueue<byte[]> queue) {
      super(array, queue);
      this.hash = System.identityHashCode(array);
    }

    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // an identity is compared, not content
    public boolean equals(Object other) {
      return this == other || (other instanceof Id id && get() != null && get() == id.get());
    }
  }

  /// @param tell is told of the first faults, each as text of several lines
  BufferLedger(Consumer<String> tell) {
    this.tell = tell;
  }

  /// Notes that an array leaves its pool.
  ///
  /// @return the array, or a new one in its place when it was written to meanwhile
  synchronized byte[] taken(BufferCheck pool, byte[] array) {
    forgetDropped();
    // Never the same entry again: an array that is not clean is dropped.
    Entry entry = known.remove(new Id(array, null));
    byte[] clean = array;
    if (entry != null && entry.given == null) {
      fault(pool + ": a buffer was handed out twice", new Throwable("handed out again here"));
      clean = new byte[array.length];
    } else if (entry != null && isWritten(array)) {
      late(array, entry);
      clean = new byte[array.length];
    }
    known.put(new Id(clean, dropped), new Entry(pool, null));
    return clean;
  }

  /// An array comes back to its pool, and must not be used any more.
  ///
  /// @throws IllegalStateException when it is back already, or not of this pool
  synchronized void given(BufferCheck pool, byte[] array) {
    forgetDropped();
    var id = new Id(array, dropped);
    Entry entry = known.get(id);
    if (entry == null) {
      throw wrong(pool + ": a buffer was given back that is not of this pool", null);
    }
    if (entry.given != null) {
      throw wrong(pool + ": a buffer was given back twice", entry.given);
    }
    if (entry.pool != pool) {
      throw wrong(pool + ": a buffer was given back that is of the pool " + entry.pool, null);
    }
    byte[] filling = filling(array.length);
    System.arraycopy(filling, 0, array, 0, array.length);
    known.put(id, new Entry(pool, new Throwable("given back here, " + Thread.currentThread())));
  }

  /// Looks at all that is given back now.
  ///
  /// @return how many faults were found so far
  synchronized long faults() {
    forgetDropped();
    List<byte[]> written = new ArrayList<>();
    known.forEach(
        (id, entry) -> {
          byte[] array = id.get();
          if (array != null && entry.given != null && isWritten(array)) written.add(array);
        });
    for (byte[] array : written) {
      var id = new Id(array, dropped);
      Entry entry = known.get(id);
      late(array, entry);
      // Told once.
      System.arraycopy(filling(array.length), 0, array, 0, array.length);
    }
    return faults;
  }

  /// The first faults, each as text of several lines.
  synchronized List<String> told() {
    return List.copyOf(told);
  }

  private void late(byte[] array, Entry entry) {
    int at = Arrays.mismatch(array, filling(array.length));
    fault(entry.pool + ": a buffer was written at " + at + " after it was given back", entry.given);
  }

  private IllegalStateException wrong(String what, Throwable before) {
    var here = new IllegalStateException(what, before);
    fault(what, here);
    return here;
  }

  private void fault(String what, Throwable stack) {
    faults++;
    if (told.size() < MAX_TOLD) {
      var text = new StringBuilder("buffer check: ").append(what);
      for (Throwable each = stack; each != null; each = each.getCause()) {
        text.append("\n  ").append(each.getMessage());
        StackTraceElement[] frames = each.getStackTrace();
        for (int i = 0; i < Math.min(frames.length, MAX_FRAMES); i++) {
          text.append("\n    at ").append(frames[i]);
        }
      }
      told.add(text.toString());
      tell.accept(text.toString());
    }
  }

  private boolean isWritten(byte[] array) {
    return !Arrays.equals(array, filling(array.length));
  }

  private byte[] filling(int length) {
    return fillings.computeIfAbsent(
        length,
        size -> {
          String text = GIVEN_BACK.repeat(size / GIVEN_BACK.length() + 1);
          return Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), size);
        });
  }

  private void forgetDropped() {
    for (var id = dropped.poll(); id != null; id = dropped.poll()) {
      known.remove(id);
    }
  }
}
