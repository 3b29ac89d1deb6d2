package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A caller that is refused while it still sends sees why, whatever kind of client it is (RFC 9112
/// section 9.6).
class EarlyRefusalTest {
  private static final int SIZE = 20 * 1024 * 1024;

  @TempDir Path folder;
  private FrontUnderTest front;

  /// The path says with which status to refuse, without reading anything.
  @BeforeEach
  void start() {
    front =
        FrontUnderTest.of(
            http -> {
              RawExchange x = RawExchange.of(http);
              FrontUnderTest.answer(x, Integer.parseInt(x.target().substring(1)), "refused");
            });
  }

  @AfterEach
  void end() {
    front.close();
  }

  @ParameterizedTest
  @CsvSource({"401, false", "413, false", "401, true", "413, true"})
  void whoReadsOnlyAfterItHasSentEverythingSeesTheAnswer(int status, boolean chunks) {
    Request request = Request.post("/" + status, new byte[SIZE], "text/plain");
    try (RawCaller caller = front.caller()) {
      caller.send(chunks ? request.chunked(8192) : request);
      Answer answer = caller.read();
      assertEquals(status, answer.status());
      assertEquals("refused", answer.text());
      assertEquals(Optional.of("close"), answer.field("Connection"));
    }
  }

  @Test
  void whatIsPipelinedBehindARefusedBodyIsNotServed() {
    try (RawCaller caller = front.caller()) {
      caller.send(
          "POST /401 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"
              + "xGET /200 HTTP/1.1\r\nHost: a\r\n\r\n");
      assertEquals(401, caller.read().status());
      caller.awaitClosedByPeer();
    }
  }

  @Test
  void whoNeverClosesIsClosedAfterAWhile() {
    try (RawCaller caller = front.caller()) {
      caller.send("POST /413 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
      assertEquals(413, caller.read().status());
      Waiting.await("it to be given back", () -> front.server().connections() == 0);
    }
  }

  private String output(String... words) throws IOException {
    Process process;
    try {
      process = new ProcessBuilder(words).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, words[0] + " is not installed");
      throw e;
    }
    try {
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor(Waiting.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      return said.strip();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    } finally {
      process.destroyForcibly();
    }
  }

  private Path upload() throws IOException {
    return Files.write(folder.resolve("upload"), new byte[SIZE]);
  }

  @ParameterizedTest
  @CsvSource({"401, X: y", "413, X: y", "401, Transfer-Encoding: chunked", "413, Expect:"})
  void curlSeesTheAnswer(int status, String field) throws IOException {
    assumeTrue(output("curl", "--version").startsWith("curl "), "no curl");
    String said =
        output(
            "curl",
            "-sS",
            "--max-time",
            "15",
            "-w",
            " %{http_code}",
            "-H",
            field,
            "--data-binary",
            "@" + upload(),
            "http://127.0.0.1:" + front.port() + "/" + status);
    assertEquals("refused " + status, said);
  }

  @ParameterizedTest
  @CsvSource({"401, False", "413, False", "401, True", "413, True"})
  void pythonsClientSeesTheAnswer(int status, String chunks) throws IOException {
    assumeTrue(output("python3", "--version").startsWith("Python 3"), "no Python");
    String script =
        """
        import http.client, sys
        c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=15)
        piece = bytes(65536)
        body = (piece for _ in range(320)) if sys.argv[3] == "True" else bytes(20971520)
        c.request("POST", "/" + sys.argv[2], body, encode_chunked=sys.argv[3] == "True",
                  headers={"Transfer-Encoding": "chunked"} if sys.argv[3] == "True" else {})
        r = c.getresponse()
        print(r.read().decode(), r.status)
        """;
    List<String> words = List.of("python3", "-c", script, "" + front.port(), "" + status, chunks);
    assertEquals("refused " + status, output(words.toArray(String[]::new)));
  }
}
