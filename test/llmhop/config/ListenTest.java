package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListenTest {
  @ParameterizedTest
  @CsvSource({
    ":8080, *:8080",
    "127.0.0.1:8080, 127.0.0.1:8080",
    "[::1]:8080, [::1]:8080",
    "localhost:0, localhost:0",
    "box_1.lan.:65535, box_1.lan.:65535",
  })
  void anAddressIsReadAndShown(String text, String shown) {
    assertEquals(shown, Listen.parse(text).toString());
  }

  @Test
  void bracketsAreNotPartOfTheHost() {
    assertEquals(new Listen.Tcp("::1", 80), Listen.parse("[::1]:80"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "LocalHost:1"})
  void thisMachineAloneIsLoopback(String text) {
    assertTrue(Listen.parse(text).loopback());
  }

  @ParameterizedTest
  @ValueSource(strings = {":1", "0.0.0.0:1", "[::]:1", "10.0.0.1:1", "localhost.evil.example:1"})
  void whatOthersMayReachIsNotLoopback(String text) {
    assertFalse(Listen.parse(text).loopback());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "8080",
        "127.0.0.1",
        "::1:8080",
        "[::1]",
        "[127.0.0.1]:80",
        "[host]:80",
        "[fe80::1%eth0]:80",
        "127.1:80",
        "300.1.1.1:80",
        "a b:80",
        "*:80",
        ":http",
        ":-1",
        ":65536",
        ":99999999999999999999",
        "host:80/path",
        "http://host:80",
      })
  void anythingElseIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> Listen.parse(text));
  }

  @Test
  void aUnixSocketIsRefusedWithItsReason() {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> Listen.parse("unix:///run/llmhop/http.sock"));
    assertEquals(
        "Unix sockets can't be listened on yet, only TCP: write host:port", e.getMessage());
  }
}
