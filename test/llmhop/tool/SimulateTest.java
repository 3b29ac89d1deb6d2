package llmhop.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;

/// The command line.
class SimulateTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void defaultsAreThoseOfTheHelp() throws UsageException {
    SimSettings settings = SimOptions.parse(List.of(), 99);
    assertEquals("127.0.0.1", settings.host());
    assertEquals(8000, settings.port());
    assertEquals(List.of("simulated"), settings.models());
    assertEquals(new Pace(Duration.ofMillis(200), 50), settings.pace());
    assertEquals(64, settings.tokens());
    assertEquals(Integer.MAX_VALUE, settings.maxRunning());
    assertEquals(0, settings.prefixCacheTokens());
    assertEquals(Duration.ofSeconds(30), settings.drain());
    assertEquals(99, settings.seed());
    assertTrue(!settings.uncertain());
  }

  @Test
  void bothSpellingsOfAnOptionAreRead() throws UsageException {
    SimSettings settings =
        SimOptions.parse(
            words(
                "--port=1 --host=::1 --model a --model=b=c --ttft 2s --tokens-per-second=0.5"
                    + " --tokens 7 --max-running=3 --prefix-cache 99 --fail 500:0.1 --fail=429:1"
                    + " --drop-mid-stream .5 --hang=0.25 --drain 0s --seed=-7"),
            99);
    assertEquals(1, settings.port());
    assertEquals("::1", settings.host());
    assertEquals(List.of("a", "b=c"), settings.models());
    assertEquals(new Pace(Duration.ofSeconds(2), 0.5), settings.pace());
    assertEquals(7, settings.tokens());
    assertEquals(3, settings.maxRunning());
    assertEquals(99, settings.prefixCacheTokens());
    assertEquals(List.of(new Chance.Fail(500, 0.1), new Chance.Fail(429, 1)), settings.fails());
    assertEquals(0.5, settings.dropMidStream());
    assertEquals(0.25, settings.hang());
    assertEquals(Duration.ZERO, settings.drain());
    assertEquals(-7, settings.seed());
  }

  @Test
  void everyWrongOptionIsSaidInASentence() {
    wrong("--prot 1", "Unknown option --prot: did you mean --port?");
    wrong("8000", "Unknown option 8000: --drain, --drop-mid-stream, ");
    wrong("--port", "--port needs a value.");
    wrong("--port=", "--port needs a value.");
    wrong("--port --seed 1", "--port needs a value.");
    wrong("--port 1 --port 2", "--port is given twice.");
    wrong("--port 65536", "--port must be a whole number from 0 to 65535.");
    wrong("--port x", "--port must be a whole number from 0 to 65535.");
    wrong("--tokens 0", "--tokens must be a whole number from 1 to 1000000.");
    wrong("--max-running 0", "--max-running must be a whole number from 1 to 2147483647.");
    wrong("--prefix-cache -1", "--prefix-cache must be a whole number from 0 to 100000000.");
    wrong("--ttft 200", "--ttft must be a duration like 200ms, 2s or 1m.");
    wrong("--ttft 61m", "--ttft must be at most 60m.");
    wrong("--drain 30", "--drain must be a duration like 200ms, 2s or 1m.");
    wrong("--drain 61m", "--drain must be at most 60m.");
    wrong("--tokens-per-second 0", "--tokens-per-second must be from 0.001 to 1000000000.");
    wrong("--tokens-per-second NaN", "--tokens-per-second: NaN is not a number.");
    wrong("--fail 500", "--fail must be STATUS:PROBABILITY, like 500:0.1 or 429:1.");
    wrong("--fail 200:1", "--fail must be STATUS:PROBABILITY, like 500:0.1 or 429:1.");
    wrong("--fail 500:1.1", "--fail must have a probability from 0 to 1.");
    wrong("--hang 2", "--hang must have a probability from 0 to 1.");
    wrong("--drop-mid-stream -1", "--drop-mid-stream: -1 is not a number.");
    wrong("--model a --model a", "--model names one model twice.");
    wrong("--model=a\tb", "--model must be a name of at most 256 characters on one line.");
  }

  @Test
  void wrongUsageExitsWithOneAndPointsToTheHelp() {
    assertEquals(1, run("--prot", "1"));
    assertEquals(
        "llmhop simulate: Unknown option --prot: did you mean --port? Try --help.\n",
        err.toString(StandardCharsets.UTF_8));
    assertEquals(0, out.size());
  }

  @Test
  void helpNamesEveryOption() {
    assertEquals(0, run("--help"));
    String help = out.toString(StandardCharsets.UTF_8);
    for (String option :
        words(
            "--port --host --model --ttft --tokens-per-second --tokens --max-running --prefix-cache"
                + " --fail --drop-mid-stream --hang --drain --seed")) {
      assertTrue(help.contains("  " + option + " "), option);
    }
  }

  @Test
  void anAddressInUseExitsWithTwo() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      String port = String.valueOf(taken.getLocalPort());
      assertEquals(2, run("--port", port));
      String said = err.toString(StandardCharsets.UTF_8);
      assertTrue(
          said.startsWith("llmhop simulate: can't listen on 127.0.0.1 port " + port + ": "), said);
    }
  }

  @Test
  void itSaysWhereItListensAndRunsUntilInterrupted() throws Exception {
    AtomicInteger code = new AtomicInteger(-1);
    Thread running =
        Thread.ofVirtual()
            .start(
                () ->
                    code.set(
                        run("--port=0", "--model=m", "--fail=500:0", "--hang=0.1", "--seed=5")));
    Waiting.await("the first line", () -> out.toString(StandardCharsets.UTF_8).endsWith("\n"));
    String line = out.toString(StandardCharsets.UTF_8);
    Matcher matcher =
        Pattern.compile(
                "llmhop simulate: SIMULATED answers, no model runs:"
                    + " http://127\\.0\\.0\\.1:(\\d+) serves m \\(seed 5\\)\n")
            .matcher(line);
    assertTrue(matcher.matches(), line);
    int port = Integer.parseInt(matcher.group(1));
    assertEquals(200, RawCaller.ask(port, Request.get("/health")).status());
    running.interrupt();
    running.join();
    assertEquals(0, code.get());
  }

  private static List<String> words(String line) {
    return Arrays.asList(line.split(" "));
  }

  private static void wrong(String line, String message) {
    UsageException e =
        assertThrows(UsageException.class, () -> SimOptions.parse(words(line), 1), line);
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
  }

  private int run(String... arguments) {
    return Simulate.run(
        Arrays.asList(arguments),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }
}
