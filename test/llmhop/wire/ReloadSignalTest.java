package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.event;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.lastChunk;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import llmhop.kit.Gate;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The jar and SIGHUP, and its file that changes.
@Timeout(120)
class ReloadSignalTest {
  private static final String LISTEN = "'listen': '127.0.0.1:0', ";
  private static final Request CHAT =
      Request.post("/v1/chat/completions", "{\"model\":\"llama\",\"stream\":true}");

  @TempDir Path folder;
  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    backend.close();
  }

  private void write(String keys, String more) throws IOException {
    String models = "'models': {'llama': {'url': '" + backend.url() + "'}" + more + "}";
    String json = "{" + keys + models + "}";
    Files.writeString(folder.resolve("router.json"), json.replace('\'', '"'));
  }

  private JarProcess serve(String... more) throws IOException {
    String[] arguments = new String[2 + more.length];
    arguments[0] = "--config";
    arguments[1] = folder.resolve("router.json").toString();
    System.arraycopy(more, 0, arguments, 2, more.length);
    return JarProcess.command(arguments).jvm("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC").start();
  }

  private static int port(JarProcess router) {
    return Integer.parseInt(router.awaitLine("listens on \\S+:(\\d+)").group(1));
  }

  private static void assertStops(JarProcess router) throws IOException {
    router.signal("TERM");
    assertEquals(0, router.exitCode(), router::toString);
    assertTrue(router.err().stream().noneMatch(line -> line.contains("\tat ")), router::toString);
  }

  @Test
  void aSignalPutsTheNewFileIntoUseAndSaysWhatItDoesNotChange() throws IOException {
    write(LISTEN + "'watch': '0s', ", "");
    try (JarProcess router = serve()) {
      int port = port(router);
      write("'listen': '127.0.0.1:1', 'watch': '0s', ", ", 'two': {'url': 'http://127.0.0.1:9'}");
      router.signal("HUP");
      router.awaitLine("the config was read anew: models: 1 added \\(two\\)");
      router.awaitLine("restart to change listen$");
      assertTrue(RawCaller.ask(port, Request.get("/health")).text().contains("\"models\":2"));
      assertStops(router);
    }
  }

  @Test
  void whatTheCommandLineSaysOfListeningStays() throws IOException {
    write("'listen': '127.0.0.1:1', 'watch': '0s', ", "");
    try (JarProcess router = serve("--listen", "127.0.0.1:0")) {
      int port = port(router);
      write("'listen': '127.0.0.1:2', 'watch': '0s', 'default': 'llama', ", "");
      router.signal("HUP");
      router.awaitLine("the config was read anew: settings: default");
      assertEquals(200, RawCaller.ask(port, Request.get("/health")).status());
      assertStops(router);
      assertFalse(router.err().toString().contains("restart to change"), router::toString);
    }
  }

  @Test
  void aSignalDuringTheStartDoesNotEndIt() throws IOException {
    write(LISTEN + "'watch': '0s', ", "");
    try (JarProcess router = serve()) {
      port(router);
      // Right behind the line that says so, and many at once.
      for (int i = 0; i < 20; i++) router.signal("HUP");
      router.awaitLine("nothing has changed");
      assertTrue(router.isAlive());
      assertStops(router);
    }
  }

  @Test
  void aChangedFileIsSeenByItself() throws IOException {
    write(LISTEN + "'watch': '1s', ", "");
    try (JarProcess router = serve()) {
      int port = port(router);
      write(LISTEN + "'watch': '1s', ", ", 'two': {'url': 'http://127.0.0.1:9'}");
      router.awaitLine("the config was read anew: models: 1 added \\(two\\)");
      write("'lisen': ':8080', ", "");
      router.awaitLine("the config stays as it was");
      router.awaitLine("lisen: unknown key, did you mean \"listen\"");
      String health = RawCaller.ask(port, Request.get("/health")).text();
      assertTrue(health.contains("\"models\":2") && health.contains("\"stale\""), health);
      assertStops(router);
    }
  }

  @Test
  void aSignalWhileItStopsChangesNothing() throws IOException {
    var gate = new Gate();
    backend.always(all(sseHead(), event("1"), hold(gate), event("2"), lastChunk()));
    write(LISTEN + "'watch': '1s', ", "");
    try (JarProcess router = serve();
        RawCaller caller = RawCaller.to(port(router))) {
      caller.send(CHAT);
      gate.awaitReached();
      router.signal("TERM");
      router.awaitLine("stopping, requests in hand: 1");
      write("'models': {}, ", "");
      router.signal("HUP");
      router.signal("HUP");
      gate.open();
      assertTrue(caller.read().clean());
      assertEquals(0, router.exitCode());
      assertFalse(router.err().toString().contains("config"), router::toString);
    }
  }

  @Test
  void theDrainOfTheNewConfigHolds() throws IOException {
    var gate = new Gate();
    backend.always(all(sseHead(), event("1"), hold(gate), lastChunk()));
    write(LISTEN + "'watch': '0s', ", "");
    try (JarProcess router = serve();
        RawCaller caller = RawCaller.to(port(router))) {
      caller.send(CHAT);
      gate.awaitReached();
      write(LISTEN + "'watch': '0s', 'drain': '0s', ", "");
      router.signal("HUP");
      router.awaitLine("settings: drain");
      router.signal("TERM");
      router.awaitLine("cut off while running: 1");
      assertEquals(0, router.exitCode());
      gate.open();
    }
  }

  private JarProcess serveThrough(String shell, String... flags) throws IOException {
    return JarProcess.command("--config", folder.resolve("router.json").toString())
        .jvm("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
        .jvm(flags)
        .shell(shell)
        .start();
  }

  @Test
  void ignoredSignalIsToldWithTheOtherWayToReload() throws IOException {
    write(LISTEN + "'watch': '1s', ", "");
    try (JarProcess router = serveThrough("trap '' HUP; exec \"$@\"")) {
      port(router);
      router.awaitLine("SIGHUP is ignored, as under nohup; to reload, .* every 1 s \\('watch'\\)");
      router.signal("HUP");
      write(LISTEN + "'watch': '0s', ", ", 'two': {'url': 'http://127.0.0.1:9'}");
      router.awaitLine("the config was read anew: models: 1 added \\(two\\)");
      router.awaitLine("warning: SIGHUP is ignored, .* 'watch' is off: .* needs a restart");
      assertStops(router);
    }
  }

  @Test
  void ignoredSignalWithoutAWatchIsAWarning() throws IOException {
    write(LISTEN + "'watch': '0s', ", "");
    try (JarProcess router = serveThrough("exec nohup \"$@\"")) {
      port(router);
      router.awaitLine("warning: SIGHUP is ignored, .* 'watch' is off: .* needs a restart");
      assertStops(router);
    }
  }

  @Test
  void signalsThatJavaCannotCatchAreTold() throws IOException {
    write(LISTEN, "");
    try (JarProcess router = serveThrough("exec \"$@\"", "-Xrs")) {
      port(router);
      router.awaitLine("SIGHUP ends the router, .* \\(-Xrs\\); to reload, .* every 2 s");
      router.awaitLine("warning: SIGTERM ends the router at once");
      router.signal("TERM");
      assertEquals(143, router.exitCode());
    }
  }

  @Test
  void ignoredStopIsToldWithTheOtherWayToStop() throws IOException {
    write(LISTEN, "");
    try (JarProcess router = serveThrough("trap '' TERM; exec \"$@\"")) {
      port(router);
      router.awaitLine("warning: SIGTERM is ignored, .* send SIGINT");
      router.signal("TERM");
      router.signal("INT");
      assertEquals(0, router.exitCode(), router::toString);
    }
  }

  @Test
  void caughtSignalsAreNotSpokenOf() throws IOException {
    write(LISTEN, "");
    // As a shell without job control starts what runs in the background.
    try (JarProcess router = serveThrough("trap '' INT; exec \"$@\"")) {
      port(router);
      assertStops(router);
      assertFalse(router.err().toString().contains("SIG"), router::toString);
    }
  }
}
