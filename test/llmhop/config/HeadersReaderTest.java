package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadersReaderTest {
  @Test
  void headersKeepTheirOrderAndCase() throws ConfigException {
    assertEquals(
        List.of(
            new Header("x-B", Secret.of("1")),
            new Header("Authorization", Secret.of("Bearer sk")),
            new Header("Host", Secret.of("name.example:1"))),
        Reading.model(
                "'url': 'http://h', 'headers': {'x-B': '1', '_comment': 5, 'Authorization':"
                    + " 'Bearer sk', 'Host': 'name.example:1'}")
            .headers());
  }

  @Test
  void aUrlHasHeadersOfItsOwn() throws ConfigException {
    Model model =
        Reading.model(
            "'urls': [{'url': 'http://h', 'headers': {'A': '1'}}], 'headers': {'A': '2'}");
    assertEquals(List.of(new Header("A", Secret.of("1"))), model.endpoints().getFirst().headers());
    assertEquals(List.of(new Header("A", Secret.of("2"))), model.headers());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Connection",
        "content-length",
        "Transfer-Encoding",
        "KEEP-ALIVE",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
        "Proxy-Authorization",
        "proxy-connection"
      })
  void whatFramesAMessageIsRefused(String name) {
    assertEquals(
        "models.m.headers."
            + name
            + ": this header belongs to the connection, which is ours, leave it out (line 1)",
        problem("'" + name + "': 'hunter2'"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " A", "A:", "A B", "Ä", "A\\n"})
  void aNameIsAToken(String name) {
    String problem = problem("'" + name + "': 'hunter2'");
    assertTrue(problem.endsWith(": not a header's name (line 1)"), problem);
    assertFalse(problem.contains("hunter2"), problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"hunter2\\n", "hunter2\\r\\nX: y", "\\u0000hunter2", "hunter2\\u0101"})
  void aValueThatCantBeSentIsRefusedAndNotShown(String value) {
    assertEquals(
        "models.m.headers.A: a header's value holds no line breaks, controls or characters above"
            + " U+00FF (line 1)",
        problem("'A': '" + value + "'"));
  }

  @Test
  void aValueIsCheckedAfterItWasResolved() {
    String json = "{'models': {'m': {'url': 'http://h', 'headers': {'A': 'Bearer $KEY'}}}}";
    assertEquals(
        List.of(
            "models.m.headers.A: a header's value holds no line breaks, controls or characters"
                + " above U+00FF (line 1)"),
        Reading.problems(json, Reading.env(Map.of("KEY", "hunter2\nX: y"))));
  }

  @Test
  void theSameHeaderInAnotherCaseIsRefused() {
    assertEquals(
        "models.m.headers.x-KEY: the same header as models.m.headers.X-Key on line 1, case doesn't"
            + " count (line 1)",
        problem("'X-Key': 'hunter2', 'x-KEY': 'hunter2'"));
  }

  @Test
  void aHostIsOneHost() {
    assertEquals(
        "models.m.headers.host: Host takes a host name and maybe a port (line 1)",
        problem("'host': 'a, b'"));
  }

  @Test
  void headersAreAnObjectOfStrings() {
    assertEquals(
        "models.m.headers: expected an object of header names and values, found an array (line 1)",
        Reading.problemOfModel("'url': 'http://h', 'headers': ['A: hunter2']"));
    assertEquals(
        "models.m.headers.A: expected a string, found an array (line 1)", problem("'A': ['1']"));
  }

  private static String problem(String headers) {
    return Reading.problemOfModel("'url': 'http://h', 'headers': {" + headers + "}");
  }
}
