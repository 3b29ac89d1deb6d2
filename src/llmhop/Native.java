package llmhop;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// The system calls of 64-bit Linux that Java has no API for. Loading this class takes a while, so
/// it is named only where a call is needed.
@SuppressWarnings("restricted")
final class Native {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int CLOCK_MONOTONIC = 1;
  private static final int EAGAIN = 11;
  private static final long LONGEST_ERROR_TEXT = 1024;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));

  /// Groups of calls, each linked when its first is made: a call costs milliseconds to link.
  private static final class Datagrams {
    static final MethodHandle SOCKET = call("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    static final MethodHandle SENDTO =
        call("sendto", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
  }

  private static final class Descriptors {
    static final MethodHandle CLOSE = call("close", JAVA_INT, JAVA_INT);
    static final MethodHandle DUP = call("dup", JAVA_INT, JAVA_INT);
    static final MethodHandle DUP2 = call("dup2", JAVA_INT, JAVA_INT, JAVA_INT);
  }

  private static final class Clock {
    static final MethodHandle GETTIME = call("clock_gettime", JAVA_INT, JAVA_INT, ADDRESS);
  }

  private Native() {}

  private static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(result, arguments),
        Linker.Option.captureCallState("errno"));
  }

  /// Opens a datagram Unix socket without an address of its own.
  ///
  /// @return its file descriptor
  static int datagramSocket() throws IOException {
    return (int)
        run(
            "socket",
            (arena, state) ->
                (int) Datagrams.SOCKET.invokeExact(state, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  }

  /// Sends one datagram, without waiting.
  ///
  /// @param socket a datagram Unix socket
  /// @param address a `struct sockaddr_un`, as long as it needs to be
  /// @return false when the receiver's queue is full
  /// @throws IOException when nobody receives there, or may not be told
  static boolean send(int socket, byte[] address, byte[] message) throws IOException {
    try {
      run(
          "sendto",
          (arena, state) ->
              (long)
                  Datagrams.SENDTO.invokeExact(
                      state,
                      socket,
                      arena.allocateFrom(JAVA_BYTE, message),
                      (long) message.length,
                      MSG_DONTWAIT,
                      arena.allocateFrom(JAVA_BYTE, address),
                      address.length));
      return true;
    } catch (Failure e) {
      if (e.errno == EAGAIN) {
        return false;
      }
      throw e;
    }
  }

  /// A new file descriptor for the same thing.
  static int dup(int descriptor) throws IOException {
    return (int) run("dup", (arena, state) -> (int) Descriptors.DUP.invokeExact(state, descriptor));
  }

  /// Makes the file descriptor `to` mean the same thing as `from`.
  static void dup2(int from, int to) throws IOException {
    run("dup2", (arena, state) -> (int) Descriptors.DUP2.invokeExact(state, from, to));
  }

  static void close(int descriptor) throws IOException {
    run("close", (arena, state) -> (int) Descriptors.CLOSE.invokeExact(state, descriptor));
  }

  /// The system's own monotonic clock in microseconds; that of the JVM may begin elsewhere.
  static long monotonicMicros() throws IOException {
    return run(
        "clock_gettime",
        (arena, state) -> {
          MemorySegment time = arena.allocate(JAVA_LONG, 2);
          int result = (int) Clock.GETTIME.invokeExact(state, CLOCK_MONOTONIC, time);
          return result < 0
              ? result
              : time.getAtIndex(JAVA_LONG, 0) * 1_000_000 + time.getAtIndex(JAVA_LONG, 1) / 1000;
        });
  }

  private interface Call {
    /// @return less than 0 when it failed
    long in(Arena arena, MemorySegment state) throws Throwable;
  }

  private static long run(String name, Call call) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long result = call.in(arena, state);
      if (result < 0) {
        throw new Failure(name, (int) ERRNO.get(state, 0L));
      }
      return result;
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static final class Failure extends IOException {
    private final int errno;

    Failure(String call, int errno) {
      super(call + ": " + text(errno));
      this.errno = errno;
    }
  }

  private static String text(int errno) {
    try {
      MethodHandle strerror =
          LINKER.downcallHandle(
              LINKER.defaultLookup().findOrThrow("strerror"),
              FunctionDescriptor.of(ADDRESS, JAVA_INT));
      MemorySegment text = (MemorySegment) strerror.invokeExact(errno);
      return text.reinterpret(LONGEST_ERROR_TEXT).getString(0);
    } catch (Throwable e) {
      return "error " + errno;
    }
  }
}
