package bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The two functions of the C library that the benchmark needs and Java doesn't have.
final class Linux {

  private static final int PR_SET_TIMERSLACK = 29;
  private static final int CLOCK_OF_WHOLE_PROCESS = 2;

  private static final MethodHandle CLOCK_GETTIME =
      function("clock_gettime", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
  private static final MethodHandle PRCTL =
      function("prctl", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG);

  private Linux() {}

  /// CPU time of a process and its ended threads in nanoseconds: /proc counts in ticks of 10 ms,
  /// too coarse for a round at 500 requests a second. The clock's number is made as glibc's
  /// clock_getcpuclockid makes it.
  static long cpuNanos(long pid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(ValueLayout.JAVA_LONG, 2);
      int clock = (int) (~pid << 3) | CLOCK_OF_WHOLE_PROCESS;
      int result = (int) CLOCK_GETTIME.invokeExact(clock, time);
      if (result != 0) throw new IllegalStateException("process " + pid + " has gone");
      return time.getAtIndex(ValueLayout.JAVA_LONG, 0) * 1_000_000_000
          + time.getAtIndex(ValueLayout.JAVA_LONG, 1);
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// Lets the calling thread wake on time instead of up to 50 us later.
  static void wakeOnTime() {
    try {
      int ignored = (int) PRCTL.invokeExact(PR_SET_TIMERSLACK, 1L);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle function(
      String name, ValueLayout result, ValueLayout first, ValueLayout second) {
    Linker linker = Linker.nativeLinker();
    FunctionDescriptor type = FunctionDescriptor.of(result, first, second);
    MemorySegment address = linker.defaultLookup().find(name).orElseThrow();
    return name.equals("prctl")
        ? linker.downcallHandle(address, type, Linker.Option.firstVariadicArg(1))
        : linker.downcallHandle(address, type);
  }
}
