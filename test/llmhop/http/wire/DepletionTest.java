package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which failures say that this machine is out of something.
class DepletionTest {
  @ParameterizedTest
  @CsvSource({
    "Too many open files, DESCRIPTORS",
    "Too many open files in system, DESCRIPTORS",
    "No file descriptors available, DESCRIPTORS",
    "No buffer space available, MEMORY",
    "Cannot allocate memory, MEMORY",
  })
  void errorOfTheSystemIsAShortage(String text, Depletion depletion) {
    assertEquals(Optional.of(depletion), Depletion.of(new SocketException(text)));
    assertEquals(Optional.of(depletion), Depletion.of(new IOException("x", new IOException(text))));
  }

  @Test
  void connectWithoutALocalPortIsAShortage() {
    var noPort = new BindException("Cannot assign requested address");
    assertEquals(Optional.of(Depletion.PORTS), Depletion.of(noPort));
    assertEquals(Optional.empty(), Depletion.of(new BindException("Permission denied")));
  }

  @Test
  void errorOfTheMachineIsAShortage() {
    assertEquals(
        Optional.of(Depletion.MEMORY), Depletion.of(new OutOfMemoryError("Java heap space")));
    var noThread = new OutOfMemoryError("unable to create native thread: possibly out of memory");
    assertEquals(Optional.of(Depletion.THREADS), Depletion.of(noThread));
    assertEquals(Optional.of(Depletion.THREADS), Depletion.of(new IOException("x", noThread)));
  }

  @Test
  void failureOfTheOtherSideIsNone() {
    assertEquals(Optional.empty(), Depletion.of(new ConnectException("Connection refused")));
    assertEquals(Optional.empty(), Depletion.of(new NoRouteToHostException("No route to host")));
    assertEquals(Optional.empty(), Depletion.of(new SocketException("Connection reset")));
    assertEquals(Optional.empty(), Depletion.of(new UnknownHostException("x: not known")));
    assertEquals(Optional.empty(), Depletion.of(new IOException((String) null)));
    assertEquals(Optional.empty(), Depletion.now());
  }
}
