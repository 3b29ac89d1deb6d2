package llmhop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
final class NotifierTest {
  @TempDir private Path folder;
  private final ByteArrayOutputStream told = new ByteArrayOutputStream();
  private final PrintStream err = new PrintStream(told, true, StandardCharsets.UTF_8);
  private String path;

  @BeforeEach
  void nameTheSocket() {
    path = folder.resolve("notify").toString();
  }

  @Test
  void withoutASocketNobodyIsTold() {
    assertSame(Notifier.OFF, Notifier.of(Map.of(), err));
    assertSame(Notifier.OFF, Notifier.of(Map.of("NOTIFY_SOCKET", ""), err));
    Notifier.OFF.ready("here");
    Notifier.OFF.reloading();
    Notifier.OFF.status("busy");
    Notifier.OFF.stopping("gone");
    assertEquals("", told());
  }

  @Test
  void systemdHearsOfEachState() throws IOException {
    try (Mailbox systemd = Mailbox.at(NotifySocket.socketAddress(path))) {
      Notifier notifier = notifier(path);
      notifier.ready("listens on :8080");
      notifier.status("draining, 3 in hand");
      notifier.stopping("leaving");
      assertEquals(Optional.of("READY=1\nSTATUS=listens on :8080"), systemd.next());
      assertEquals(Optional.of("STATUS=draining, 3 in hand"), systemd.next());
      assertEquals(Optional.of("STOPPING=1\nSTATUS=leaving"), systemd.next());
      assertEquals(Optional.empty(), systemd.next());
    }
    assertEquals("", told());
  }

  @Test
  void aReloadIsToldWithTheSystemsMonotonicTime() throws IOException {
    try (Mailbox systemd = Mailbox.at(NotifySocket.socketAddress(path))) {
      final long before = Mailbox.micros();
      notifier(path).reloading();
      final long after = Mailbox.micros();
      String message = systemd.next().orElseThrow();
      assertTrue(message.matches("RELOADING=1\nMONOTONIC_USEC=[0-9]+"), message);
      long micros = Long.parseLong(message.substring(message.lastIndexOf('=') + 1));
      assertTrue(before <= micros && micros <= after, before + " " + message + " " + after);
    }
  }

  @Test
  void anAbstractNameWorksToo() throws IOException {
    String name = "@llmhop-test-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    try (Mailbox systemd = Mailbox.at(NotifySocket.socketAddress(name))) {
      notifier(name).ready("é");
      assertEquals(Optional.of("READY=1\nSTATUS=é"), systemd.next());
    }
    assertEquals("", told());
  }

  @Test
  void aStatusIsOneLineWhateverIsInIt() throws IOException {
    try (Mailbox systemd = Mailbox.at(NotifySocket.socketAddress(path))) {
      notifier(path).status("one\r\nSTOPPING=1\nMAINPID=1");
      assertEquals(Optional.of("STATUS=one STOPPING=1 MAINPID=1"), systemd.next());
    }
  }

  @Test
  void whoCanNotBeReachedIsReportedOnceAndStopsNothing() {
    Notifier notifier = notifier(path);
    notifier.ready("here");
    notifier.status("busy");
    notifier.stopping("gone");
    assertEquals(
        "llmhop: warning: can't tell systemd at NOTIFY_SOCKET=%s: sendto: No such file or directory"
            .formatted(path),
        told().strip());
  }

  @Test
  void aDeadSocketIsReportedToo() throws IOException {
    Mailbox.at(NotifySocket.socketAddress(path)).close();
    notifier(path).ready("here");
    assertTrue(told().endsWith("sendto: Connection refused\n"), told());
  }

  @ParameterizedTest
  @ValueSource(strings = {"vsock:2:1234", "relative/path"})
  void anAddressOfAnotherKindIsReported(String address) {
    notifier(address).ready("here");
    assertTrue(told().endsWith(": only a path or an @name is supported\n"), told());
  }

  @Test
  void theLongestNamesAreThoseOfTheSystem() throws IOException {
    assertEquals(110, NotifySocket.socketAddress("/" + "x".repeat(106)).length);
    assertEquals(110, NotifySocket.socketAddress("@" + "x".repeat(107)).length);
    notifier("/" + "x".repeat(107)).ready("here");
    assertTrue(told().endsWith(": the name is too long for a Unix socket\n"), told());
  }

  @Test
  void aBusySystemdIsWaitedFor() throws Exception {
    try (Mailbox systemd = Mailbox.at(NotifySocket.socketAddress(path))) {
      int sent = fill(path);
      Thread ready = Thread.ofPlatform().start(() -> notifier(path).ready("late"));
      // It tries again and again as long as nothing is taken out.
      Waiting.await("a sender that waits", () -> ready.getState() == Thread.State.TIMED_WAITING);
      for (int i = 0; i < sent; i++) {
        assertEquals(Optional.of("x"), systemd.next());
      }
      ready.join(Waiting.PATIENCE);
      assertEquals(Optional.of("READY=1\nSTATUS=late"), systemd.next());
    }
    assertEquals("", told());
  }

  @Test
  void butNotForEver() throws IOException {
    try (Mailbox systemd = Mailbox.at(NotifySocket.socketAddress(path))) {
      assertTrue(fill(path) > 0);
      notifier(path).ready("never");
      assertTrue(told().endsWith(": its queue stays full\n"), told());
      assertEquals(Optional.of("x"), systemd.next());
    }
  }

  private static int fill(String path) throws IOException {
    int socket = Native.datagramSocket();
    try {
      int sent = 0;
      while (Native.send(socket, NotifySocket.socketAddress(path), new byte[] {'x'})) {
        sent++;
      }
      return sent;
    } finally {
      Native.close(socket);
    }
  }

  private Notifier notifier(String address) {
    return Notifier.of(Map.of("NOTIFY_SOCKET", address), err);
  }

  private String told() {
    return told.toString(StandardCharsets.UTF_8);
  }
}
