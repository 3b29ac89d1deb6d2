package llmhop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import llmhop.kit.JavaCommand;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Sockets are handed over to a JVM of its own, since that works once per JVM, by a Python script
/// that does what systemd does.
@EnabledOnOs(OS.LINUX)
@Timeout(60)
final class SystemdTest {
  private static final long PID = 4711;

  /// Arguments: what to hand over, how many to announce, then the command.
  private static final String MANAGER =
      """
      import os, socket, sys
      what, count, command = sys.argv[1], sys.argv[2], sys.argv[3:]
      if what == 'tcp':
          s = socket.create_server(('127.0.0.1', 0))
      elif what == 'tcp6':
          s = socket.create_server(('::1', 0), family=socket.AF_INET6)
      elif what == 'file':
          s = open('/dev/null')
      elif what == 'datagram':
          s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      elif what == 'connection':
          s, other = socket.socketpair()
      else:
          s = socket.socket(socket.AF_UNIX)
          s.bind(what)
          s.listen()
      if s.fileno() == 3:
          os.set_inheritable(3, True)
      else:
          os.dup2(s.fileno(), 3)
      print(s.getsockname()[1] if what.startswith('tcp') else 0, flush=True)
      os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=count)
      os.execv(command[0], command)
      """;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"tcp, 127.0.0.1", "tcp6, ::1"})
  void aTcpSocketOfSystemdIsListenedOn(String what, String host) throws Exception {
    Process child = start(what, "1");
    try (BufferedReader out = child.inputReader()) {
      int port = Integer.parseInt(out.readLine());
      var address = new InetSocketAddress(InetAddress.getByName(host), port);
      assertServesAndKeepsItsOutput(child, out, address);
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void soIsAUnixSocketWhoseFileBelongsToSystemd() throws Exception {
    Path file = folder.resolve("http.sock");
    Process child = start(file.toString(), "1");
    try (BufferedReader out = child.inputReader()) {
      assertEquals("0", out.readLine());
      assertServesAndKeepsItsOutput(child, out, UnixDomainSocketAddress.of(file));
      assertTrue(Files.exists(file));
    } finally {
      child.destroyForcibly();
    }
  }

  private static void assertServesAndKeepsItsOutput(
      Process child, BufferedReader out, SocketAddress address) throws Exception {
    // Before the child accepts: the socket listens from the start.
    try (SocketChannel caller = SocketChannel.open(address)) {
      ByteBuffer answer = ByteBuffer.allocate(1);
      caller.read(answer);
      assertEquals('!', answer.get(0));
    }
    assertTrue(out.readLine().startsWith("listens on "));
    assertEquals("closed by another thread", out.readLine());
    assertEquals("still heard", out.readLine());
    // Nobody else holds the socket here, so this shows that it is closed in every descriptor.
    assertThrows(IOException.class, () -> SocketChannel.open(address).close());
    assertTrue(child.waitFor(Waiting.PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
    assertEquals(0, child.exitValue());
  }

  @ParameterizedTest
  @CsvSource({
    "tcp, 2, 'systemd hands over LISTEN_FDS=2 sockets, one is supported; keep one ListenStream='",
    "tcp, many, "
        + "'systemd hands over LISTEN_FDS=many sockets, one is supported; keep one ListenStream='",
    "tcp, 0, nothing",
    "connection, 1, 'systemd hands over what can''t be listened on; the socket unit needs"
        + " ListenStream= and Accept=no'",
    "datagram, 1, 'systemd hands over what can''t be listened on; the socket unit needs"
        + " ListenStream= and Accept=no'",
    "file, 1, 'systemd hands over what can''t be listened on; the socket unit needs"
        + " ListenStream= and Accept=no'",
  })
  void whatElseIsHandedOverIsRefused(String what, String count, String said) throws Exception {
    Process child = start(what, count);
    try (BufferedReader out = child.inputReader()) {
      assertTrue(out.readLine().matches("\\d+"));
      assertEquals(said, out.readLine());
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void withoutSystemdNoForeignFunctionIsLoaded() throws Exception {
    Process child =
        new ProcessBuilder(JavaCommand.of(Child.class, "-Xlog:class+load:stdout"))
            .redirectErrorStream(true)
            .start();
    try (BufferedReader out = child.inputReader()) {
      List<String> lines = out.lines().toList();
      assertTrue(lines.contains("nothing"), lines::toString);
      assertTrue(lines.stream().anyMatch(line -> line.contains("llmhop.Systemd ")));
      assertTrue(lines.stream().anyMatch(line -> line.contains("llmhop.Notifier$Off ")));
      assertEquals(
          List.of(),
          lines.stream()
              .filter(
                  line ->
                      line.contains("llmhop.Native ")
                          || line.contains(" java.lang.foreign.Linker "))
              .toList());
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void theVariablesOfAnotherProcessAreNotForUs() throws IOException {
    assertEquals(Optional.empty(), Systemd.inherited(Map.of(), () -> PID));
    assertEquals(Optional.empty(), Systemd.inherited(Map.of("LISTEN_FDS", "1"), () -> PID));
    assertEquals(
        Optional.empty(),
        Systemd.inherited(Map.of("LISTEN_PID", "4712", "LISTEN_FDS", "1"), () -> PID));
  }

  private static Process start(String what, String count) throws IOException {
    List<String> words = new ArrayList<>(List.of("python3", "-c", MANAGER, what, count));
    words.addAll(JavaCommand.of(Child.class));
    try {
      return new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      assumeTrue(false, "there is no python3 to hand a socket over: " + e.getMessage());
      throw e;
    }
  }

  /// A program that answers one caller on the socket that it was handed, then closes the socket
  /// while it waits for the next.
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      Notifier.of(System.getenv(), System.err).ready("here");
      Optional<ServerSocketChannel> inherited;
      try {
        inherited = Systemd.inherited(System.getenv(), () -> ProcessHandle.current().pid());
      } catch (IOException e) {
        System.out.println(e.getMessage());
        return;
      }
      if (inherited.isEmpty()) {
        System.out.println("nothing");
        return;
      }
      serve(inherited.get());
    }

    private static void serve(ServerSocketChannel listener) throws Exception {
      System.out.println("listens on " + listener.getLocalAddress());
      try (SocketChannel caller = listener.accept()) {
        caller.write(ByteBuffer.wrap("!".getBytes(StandardCharsets.US_ASCII)));
      }
      Thread next = Thread.ofVirtual().start(() -> acceptUntilClosed(listener));
      Waiting.await("a thread that accepts", () -> next.getState() != Thread.State.RUNNABLE);
      listener.close();
      next.join();
      System.out.println("still heard");
    }

    private static void acceptUntilClosed(ServerSocketChannel listener) {
      try {
        listener.accept().close();
      } catch (IOException e) {
        System.out.println("closed by another thread");
      }
    }
  }
}
