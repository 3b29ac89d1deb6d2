package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llmhop.kit.JavaCommand;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class UnixListenerTest {
  private static final Set<PosixFilePermission> MODE = PosixFilePermissions.fromString("rw-rw----");

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("http.sock");
  }

  @Test
  void aCallerIsAccepted() throws IOException {
    UnixListener listener = bind();
    try (ServerSocketChannel channel = listener.channel()) {
      assertEquals(file, listener.path());
      assertAccepts(channel);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "rw-rw----", "rw-rw-rw-", "rwxrwxrwx", "---------"})
  void theFileHasTheModeThatWasAskedForWhateverTheUmaskIs(String mode) throws IOException {
    UnixListener listener = UnixListener.bind(file, PosixFilePermissions.fromString(mode), 8);
    try (ServerSocketChannel open = listener.channel()) {
      assertTrue(open.isOpen());
      assertEquals(mode, PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }
  }

  @Test
  void nothingIsLeftBesideTheSocketButItsLock() throws IOException {
    try (ServerSocketChannel open = bind().channel()) {
      assertTrue(open.isOpen());
      assertEquals(Set.of("http.sock", ".http.sock.lock"), names());
    }
  }

  @Test
  void theLockFileIsForItsOwnerOnly() throws IOException {
    bind().channel().close();
    Path lock = folder.resolve(".http.sock.lock");
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(lock)));
  }

  @Test
  void whatADeadProcessLeftIsReplaced() throws IOException {
    bind().channel().close();
    assertThrows(ConnectException.class, this::connect);
    try (ServerSocketChannel channel = bind().channel()) {
      assertAccepts(channel);
    }
  }

  @Test
  void aSocketOnWhichSomebodyAnswersIsNot() throws IOException {
    try (ServerSocketChannel channel = bind().channel()) {
      assertEquals(
          file + " is in use; stop the process that listens there, or listen elsewhere",
          refusal(file));
      // The question whether it is alive arrived as a connection.
      channel.accept().close();
      assertAccepts(channel);
      assertEquals(Set.of("http.sock", ".http.sock.lock"), names());
    }
  }

  @Test
  void norOneThatHasNoRoomForTheQuestion() throws IOException {
    List<SocketChannel> waiting = new ArrayList<>();
    UnixListener listener = UnixListener.bind(file, MODE, 1);
    try (ServerSocketChannel open = listener.channel()) {
      assertTrue(open.isOpen());
      fill(waiting);
      String refusal = refusal(file);
      assertTrue(refusal.contains("whether it is in use can't be told"), refusal);
    } finally {
      for (SocketChannel channel : waiting) {
        channel.close();
      }
    }
  }

  private void fill(List<SocketChannel> waiting) throws IOException {
    boolean room = true;
    while (room) {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      waiting.add(channel);
      channel.configureBlocking(false);
      try {
        room = channel.connect(UnixDomainSocketAddress.of(file));
      } catch (IOException e) {
        room = false;
      }
    }
  }

  @Test
  void aFileIsNeverReplaced() throws IOException {
    Files.writeString(file, "precious");
    assertEquals(
        file + " is there and is no socket; remove it, or listen elsewhere", refusal(file));
    assertEquals("precious", Files.readString(file));
  }

  @Test
  void norIsAFolder() throws IOException {
    Files.createDirectory(file);
    assertTrue(refusal(file).contains("is no socket"));
    assertTrue(Files.isDirectory(file));
  }

  @Test
  void norIsALinkEvenToADeadSocket() throws IOException {
    Path dead = folder.resolve("dead.sock");
    UnixListener.bind(dead, MODE, 8).channel().close();
    Files.createSymbolicLink(file, dead);
    assertTrue(refusal(file).contains("is no socket"));
    assertTrue(Files.isSymbolicLink(file));
    assertTrue(Files.exists(dead));
  }

  @Test
  void aLinkInPlaceOfTheLockIsNotFollowed() throws IOException {
    Path victim = folder.resolve("victim");
    Files.createSymbolicLink(folder.resolve(".http.sock.lock"), victim);
    assertThrows(IOException.class, this::bind);
    assertFalse(Files.exists(victim));
  }

  @Test
  void aMissingFolderIsNamed() {
    Path missing = folder.resolve("no/such");
    assertEquals(
        "the folder " + missing + " is missing; create it (systemd does: RuntimeDirectory=)",
        refusal(missing.resolve("http.sock")));
  }

  @Test
  void theRootIsNoFile() {
    assertEquals("/ is a folder; name a file in it", refusal(Path.of("/")));
  }

  @Test
  void aPathMayBeAsLongAsTheSystemTakes() throws IOException {
    Path longest = folder.resolve("x".repeat(106 - folder.toString().length() - 1));
    UnixListener.bind(longest, MODE, 8).channel().close();
    Path longer = longest.resolveSibling(longest.getFileName() + "x");
    assertEquals(
        "the path " + longer + " is too long for a Unix socket by 1 bytes", refusal(longer));
    assertEquals(
        Set.of(longest.getFileName().toString(), "." + longest.getFileName() + ".lock"), names());
  }

  @Test
  void theFileIsRemovedAtTheEnd() throws IOException {
    UnixListener listener = bind();
    try (ServerSocketChannel open = listener.channel()) {
      assertTrue(open.isOpen());
      listener.remove();
      assertFalse(Files.exists(file, LinkOption.NOFOLLOW_LINKS));
    }
  }

  @Test
  void whoWasAcceptedBeforeTheRemovalIsStillServed() throws IOException {
    UnixListener listener = bind();
    try (ServerSocketChannel channel = listener.channel();
        SocketChannel caller = connect();
        SocketChannel accepted = channel.accept()) {
      listener.remove();
      caller.write(ByteBuffer.wrap(new byte[] {7}));
      ByteBuffer read = ByteBuffer.allocate(1);
      accepted.read(read);
      assertEquals(7, read.get(0));
    }
  }

  @Test
  void theFileOfAnotherIsNotRemoved() throws IOException {
    UnixListener first = bind();
    try (ServerSocketChannel open = first.channel()) {
      assertTrue(open.isOpen());
      Files.delete(file);
      try (ServerSocketChannel second = bind().channel()) {
        first.remove();
        assertAccepts(second);
      }
    }
  }

  @Test
  void removingWhatIsGoneDoesNothing() throws IOException {
    UnixListener listener = bind();
    try (ServerSocketChannel open = listener.channel()) {
      assertTrue(open.isOpen());
      Files.delete(file);
      listener.remove();
    }
  }

  @Test
  void ofManyStartsAtOnceExactlyOneGetsADeadSocket() throws Exception {
    for (int round = 0; round < 20; round++) {
      bind().channel().close();
      var won = new ConcurrentLinkedQueue<UnixListener>();
      var lost = new ConcurrentLinkedQueue<String>();
      var start = new CountDownLatch(1);
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        threads.add(Thread.ofPlatform().start(() -> race(start, won, lost)));
      }
      start.countDown();
      for (Thread thread : threads) {
        thread.join(Waiting.PATIENCE);
      }
      assertEquals(1, won.size(), lost::toString);
      assertEquals(5, lost.size());
      won.element().remove();
      won.element().channel().close();
    }
  }

  private void race(
      CountDownLatch start,
      ConcurrentLinkedQueue<UnixListener> won,
      ConcurrentLinkedQueue<String> lost) {
    try {
      start.await();
      won.add(bind());
    } catch (IOException | InterruptedException e) {
      lost.add(String.valueOf(e.getMessage()));
    }
  }

  @Test
  void ofManyProcessesToo() throws Exception {
    bind().channel().close();
    List<Process> processes = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        processes.add(Contender.start(file));
      }
      List<BufferedReader> said = new ArrayList<>();
      for (Process process : processes) {
        var lines =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        assertEquals("ready", lines.readLine());
        said.add(lines);
      }
      for (Process process : processes) {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
      }
      List<String> results = new ArrayList<>();
      for (BufferedReader lines : said) {
        results.add(lines.readLine());
      }
      assertEquals(1, results.stream().filter("won"::equals).count(), results::toString);
      connect().close();
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
  }

  /// Another process that wants the same socket.
  static final class Contender {
    private Contender() {}

    static Process start(Path file) throws IOException {
      List<String> words = new ArrayList<>(JavaCommand.of(Contender.class));
      words.add(file.toString());
      return new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    public static void main(String[] arguments) throws IOException {
      System.out.println("ready");
      System.in.read();
      try (ServerSocketChannel open = UnixListener.bind(Path.of(arguments[0]), MODE, 8).channel()) {
        System.out.println(open.isOpen() ? "won" : "closed");
        System.in.read();
      } catch (IOException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private UnixListener bind() throws IOException {
    return UnixListener.bind(file, MODE, 8);
  }

  private SocketChannel connect() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(file));
  }

  private void assertAccepts(ServerSocketChannel channel) throws IOException {
    try (SocketChannel caller = connect();
        SocketChannel accepted = channel.accept()) {
      assertTrue(caller.isConnected() && accepted.isConnected());
    }
  }

  private static String refusal(Path path) {
    return assertThrows(IOException.class, () -> UnixListener.bind(path, MODE, 8)).getMessage();
  }

  private Set<String> names() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(path -> path.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
