package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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

  @ParameterizedTest
  @CsvSource({
    "unix:///run/llmhop/http.sock, /run/llmhop/http.sock, 0660",
    "unix:///run/a.sock?mode=0600, /run/a.sock, 0600",
    "unix:///run/a.sock?mode=666, /run/a.sock, 0666",
    "UNIX:///a, /a, 0660",
    "unix:///a%20b%3Fc, /a b?c, 0660",
  })
  void aUnixSocketHasAPathAndAMode(String text, String path, String mode) {
    var expected = new Listen.Unix(path, Integer.parseInt(mode, 8));
    assertEquals(expected, Listen.parse(text));
    assertEquals("unix://" + path, expected.toString());
  }

  @Test
  void aUnixSocketsPathFitsIntoItsAddress() {
    String longest = "/" + "x".repeat(106);
    assertEquals(new Listen.Unix(longest, 0660), Listen.parse("unix://" + longest));
    assertEquals(
        "the path of a Unix socket has at most 107 bytes", problem("unix://" + longest + "x"));
    assertEquals(
        "the path of a Unix socket has at most 107 bytes",
        problem("unix:///" + "%C3%BC".repeat(53) + "x"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix:", "unix:/a", "unix://a", "unix:///", "unix:///a/", "unix:///a#b"})
  void aUnixSocketHasAnAbsolutePath(String text) {
    assertEquals(
        "not the absolute path of a Unix socket, write it like \"unix:///run/llmhop/http.sock\"",
        problem(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "unix:///a b|percent-encode blanks and everything outside ASCII in the path of a Unix"
            + " socket",
        "unix:///a%0a|the path of a Unix socket holds a control",
        "unix:///a%00|the path of a Unix socket holds a control",
        "unix:///a%|write a % in the path of a Unix socket as %25",
        "unix:///a?mode=0444|with this mode nobody can connect, that takes the right to write",
      })
  void aUnixSocketThatCannotBeIsRefusedWithItsReason(String text, String problem) {
    assertEquals(problem, problem(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "mode=", "mode=0668", "mode=1660", "mode=66", "mode=0660&x", "x", "MODE=0660"})
  void onlyAModeStandsBehindThePath(String query) {
    assertEquals(
        "only a mode in octal digits may stand behind the path, write it like \"?mode=0660\"",
        problem("unix:///a?" + query));
  }

  private static String problem(String text) {
    return assertThrows(IllegalArgumentException.class, () -> Listen.parse(text)).getMessage();
  }
}
