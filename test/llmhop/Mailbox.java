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
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// A datagram Unix socket that receives as systemd does, made by the foreign function API.
@SuppressWarnings("restricted")
final class Mailbox implements AutoCloseable {
  private static final int MSG_DONTWAIT = 0x40;
  private static final int SIZE = 4096;

  private static final MethodHandle SOCKET = call("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle BIND = call("bind", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle RECV =
      call("recv", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle CLOSE = call("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle CLOCK_GETTIME =
      call("clock_gettime", JAVA_INT, JAVA_INT, ADDRESS);

  private final int socket;

  private Mailbox(int socket) {
    this.socket = socket;
  }

  private static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
  }

  /// Receives at a `struct sockaddr_un`.
  static Mailbox at(byte[] address) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int socket = (int) SOCKET.invokeExact(1, 2, 0);
      MemorySegment name = arena.allocateFrom(JAVA_BYTE, address);
      if ((int) BIND.invokeExact(socket, name, address.length) != 0) {
        throw new IOException("bind failed");
      }
      return new Mailbox(socket);
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /// What came next, if something came: a datagram is here as soon as it was sent.
  Optional<String> next() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(SIZE);
      long length = (long) RECV.invokeExact(socket, buffer, (long) SIZE, MSG_DONTWAIT);
      return length < 0
          ? Optional.empty()
          : Optional.of(
              new String(buffer.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8));
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /// CLOCK_MONOTONIC in microseconds.
  static long micros() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(JAVA_LONG, 2);
      if ((int) CLOCK_GETTIME.invokeExact(1, time) != 0) {
        throw new AssertionError("clock_gettime failed");
      }
      return time.getAtIndex(JAVA_LONG, 0) * 1_000_000 + time.getAtIndex(JAVA_LONG, 1) / 1000;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    try {
      int result = (int) CLOSE.invokeExact(socket);
      if (result != 0) {
        throw new AssertionError("close failed");
      }
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
