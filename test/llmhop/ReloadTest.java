package llmhop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llmhop.config.EnvironmentProxy;
import llmhop.config.Listen;
import llmhop.kit.Certificates;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// How a changed file, or a signal, becomes a new config, and what is said of it.
class ReloadTest {
  private static final String SECRET = "hunter2-never-shown";
  private static final String STALE = "\"config\":\"stale\"";

  @TempDir Path folder;
  private final ByteArrayOutputStream told = new ByteArrayOutputStream();
  private final PrintStream err = new PrintStream(told, true, StandardCharsets.UTF_8);
  private Assembly router;
  private Reload reload;

  @AfterEach
  void end() {
    if (reload != null) reload.stop();
    if (router != null) router.close();
    assertFalse(told().contains(SECRET), told());
  }

  private String told() {
    return told.toString(StandardCharsets.UTF_8);
  }

  private Path config() {
    return folder.resolve("config.json");
  }

  private static String models(int count) {
    List<String> models = new ArrayList<>();
    for (int i = 1; i <= count; i++) models.add("'m" + i + "': {'url': 'http://127.0.0.1:9'}");
    return "'models': {" + String.join(", ", models) + "}";
  }

  private void write(String members) throws IOException {
    Files.writeString(config(), ("{" + members + "}").replace('\'', '"'));
  }

  private void serve() throws Exception {
    serve(Notifier.OFF);
  }

  private void serve(Notifier notifier) throws Exception {
    serve(new Listen.Tcp("127.0.0.1", 0), notifier);
  }

  private void serve(Listen listen, Notifier notifier) throws Exception {
    reload = new Reload(config(), err);
    router = Assembly.start(reload.first(), List.of(listen), EnvironmentProxy.NONE, err, err);
    reload.serve(router, notifier, true);
  }

  private String health() {
    return RawCaller.ask(router.port(), Request.get("/health")).text();
  }

  private void await(String text) {
    Waiting.await(text, () -> told().contains(text), this::told);
  }

  private void awaitModels(int count) {
    Waiting.await(
        count + " models", () -> health().contains("\"models\":" + count), () -> told() + health());
  }

  private int lines(String text) {
    return (int) told().lines().filter(line -> line.contains(text)).count();
  }

  @Test
  void aSignalReadsTheFileAnewAlsoWhenNothingHasChanged() throws Exception {
    write("'watch': '0s', " + models(1));
    serve();
    reload.ask(true);
    await("llmhop: the config was read anew: nothing has changed");
    write("'watch': '0s', " + models(3));
    reload.ask(true);
    await("the config was read anew: models: 2 added (m2, m3)");
    assertTrue(health().contains("\"models\":3"), health());
  }

  @Test
  void whereTheTokensAreGoneAndOthersReachThePortItWarns() throws Exception {
    String tokens = "'authTokens': ['a-token'], ";
    String open = "anyone who reaches this port can use the models";
    write("'watch': '0s', " + tokens + models(1));
    serve(new Listen.Tcp("0.0.0.0", 0), Notifier.OFF);
    reload.ask(true);
    await("nothing has changed");
    assertEquals(0, lines(open), this::told);
    write("'watch': '0s', " + models(1));
    reload.ask(true);
    await("tokens: 1 removed");
    assertEquals(1, lines(open), this::told);
  }

  @Test
  void aSignalBeforeItServesIsNotForgotten() throws Exception {
    write("'watch': '0s', " + models(1));
    reload = new Reload(config(), err);
    reload.ask(true);
    List<Listen> listen = List.of(new Listen.Tcp("127.0.0.1", 0));
    router = Assembly.start(reload.first(), listen, EnvironmentProxy.NONE, err, err);
    assertEquals("", told());
    reload.serve(router, Notifier.OFF, false);
    await("nothing has changed");
  }

  @Test
  void aStormOfSignalsIsAFewReloads() throws Exception {
    write("'watch': '0s', " + models(1));
    serve();
    for (int i = 0; i < 10_000; i++) reload.ask(true);
    write("'watch': '0s', " + models(2));
    reload.ask(true);
    awaitModels(2);
    assertTrue(lines("read anew") < 1000, () -> lines("read anew") + " reloads");
  }

  @Test
  void afterTheStopNothingIsReadAnyMore() throws Exception {
    write("'watch': '1s', " + models(1));
    serve();
    reload.stop();
    write(models(2));
    reload.ask(true);
    reload.ask(false);
    assertEquals("", told());
    assertTrue(health().contains("\"models\":1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"models\": ",
        "{\"models\": {}}",
        "[]",
        "{\"moddels\": {\"m\": {\"url\": \"http://x\"}}}",
        "{\"models\": {\"m\": {\"url\": \"hunter2-never-shown\"}}}",
        "{\"authTokens\": [\"${file:none}\"], \"models\": {\"m\": {\"url\": \"http://x\"}}}",
        "{\"authTokens\": [\"${env:LLMHOP_NONE}\"], \"models\": {\"m\": {\"url\": \"http://x\"}}}",
        "{\"authTokens\": [\"hunter2-never-shown,\"], \"models\": {\"m\": {\"url\":"
            + " \"http://x\"}}}",
        "{\"models\": {\"m\": {\"url\": \"https://x\", \"tls\": {\"ca\": \"none.pem\"}}}}",
        ""
      })
  void aBrokenFileKeepsTheOldConfigAndSaysWhy(String text) throws Exception {
    write("'watch': '0s', " + models(2));
    serve();
    Files.writeString(config(), text);
    reload.ask(true);
    await("llmhop: the config stays as it was, the new one can't be used:");
    Waiting.await("stale", () -> health().contains(STALE));
    assertEquals("{\"status\":\"ok\",\"models\":2," + STALE + "}", health().strip());
    assertTrue(told().lines().count() >= 2, told());
    write("'watch': '0s', " + models(2));
    reload.ask(true);
    await("nothing has changed");
    Waiting.await("not stale", () -> !health().contains(STALE));
  }

  @Test
  void aFileThatIsGoneOrAFolderOrTooLargeIsBrokenToo() throws Exception {
    write("'watch': '0s', " + models(1));
    serve();
    Files.delete(config());
    reload.ask(true);
    await("can't be read, there is none");
    Files.createDirectory(config());
    reload.ask(true);
    await("it is a directory");
    Files.delete(config());
    Files.write(config(), new byte[17 << 20]);
    reload.ask(true);
    await("is larger than 16 MiB");
    assertTrue(health().contains(STALE));
  }

  @Test
  void aRouterThatCannotServeItSaysOnlyOnceWhyUnlessItIsAsked() throws Exception {
    write("'watch': '0s', " + models(1));
    serve();
    write("'broken': 1");
    reload.ask(false);
    await("unknown key");
    Waiting.await("stale", () -> health().contains(STALE));
    for (int i = 0; i < 3; i++) reload.ask(false);
    reload.ask(true);
    Waiting.await("said again", () -> lines("stays as it was") == 2, this::told);
  }

  // ---- files

  @Test
  void changesOfFilesAreSeenAndTouchesAreNotTold() throws Exception {
    Path key = Files.writeString(folder.resolve("key"), "first-" + SECRET);
    String tokens =
        "'watch': '1s', 'authTokens': [{'name': 'a', 'token': '${file:" + key + "}'}], ";
    write(tokens + models(1));
    serve();
    Request list = Request.get("/v1/models");
    assertEquals(200, status(list.withToken("first-" + SECRET)));
    // In place.
    write(tokens + models(2));
    awaitModels(2);
    // Another file under its name.
    Path next = folder.resolve("next");
    Files.writeString(next, ("{" + tokens + models(3) + "}").replace('\'', '"'));
    Files.move(next, config(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    awaitModels(3);
    await("models: 1 added (m3)");
    int before = lines("read anew");
    // The same content once more, and then a secret's file.
    write(tokens + models(3));
    Files.writeString(key, "second-" + SECRET);
    await("tokens: 1 added (a), 1 removed (a)");
    assertEquals(before + 1, lines("read anew"), this::told);
    assertEquals(200, status(list.withToken("second-" + SECRET)));
    assertEquals(401, status(list.withToken("first-" + SECRET)));
    // It is gone, and comes back.
    Files.delete(key);
    await("can't be read, there is none");
    assertTrue(health().contains(STALE));
    Files.writeString(key, "second-" + SECRET);
    Waiting.await("not stale", () -> !health().contains(STALE), this::told);
    assertEquals(200, status(list.withToken("second-" + SECRET)));
  }

  private int status(Request request) {
    return RawCaller.ask(router.port(), request).status();
  }

  @Test
  void aConfigMapIsSwappedByItsFoldersLink() throws Exception {
    Path volume = Files.createDirectory(folder.resolve("volume"));
    publish(volume, "..2026_1", models(1));
    Files.createSymbolicLink(volume.resolve("config.json"), Path.of("..data/config.json"));
    reload = new Reload(volume.resolve("config.json"), err);
    List<Listen> listen = List.of(new Listen.Tcp("127.0.0.1", 0));
    router = Assembly.start(reload.first(), listen, EnvironmentProxy.NONE, err, err);
    reload.serve(router, Notifier.OFF, true);
    publish(volume, "..2026_2", models(2));
    awaitModels(2);
    publish(volume, "..2026_3", "'nonsense': 1");
    await("unknown key");
    publish(volume, "..2026_4", models(4));
    awaitModels(4);
    assertFalse(health().contains(STALE), health());
  }

  /// As the kubelet does: a folder, a link to it beside the old link, and the one moved over the
  /// other; then the old folder goes.
  private static void publish(Path volume, String name, String members) throws IOException {
    Path data = Files.createDirectory(volume.resolve(name));
    String text = "{'watch': '1s', " + members + "}";
    Files.writeString(data.resolve("config.json"), text.replace('\'', '"'));
    Path link = Files.createSymbolicLink(volume.resolve("..data_tmp"), Path.of(name));
    Path old = volume.resolve("..data");
    Optional<Path> gone =
        Files.exists(old) ? Optional.of(old.toRealPath()) : Optional.<Path>empty();
    Files.move(link, old, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    if (gone.isPresent()) {
      Files.delete(gone.get().resolve("config.json"));
      Files.delete(gone.get());
    }
  }

  @Test
  void aBackendsCertificateFileIsWatchedToo() throws Exception {
    Certificates certificates = Certificates.get();
    Path ca = Files.copy(certificates.ca(), folder.resolve("ca.pem"));
    String secure = "'m': {'url': 'https://127.0.0.1:9', 'tls': {'ca': '" + ca + "'}}";
    write("'watch': '1s', 'models': {" + secure + "}");
    serve();
    Files.writeString(ca, "-----BEGIN CERTIFICATE-----\n" + SECRET);
    await("models.m.tls");
    assertTrue(health().contains(STALE));
    Files.writeString(ca, Files.readString(certificates.strangerCertificate()));
    await("models: 1 changed (m)");
    Waiting.await("not stale", () -> !health().contains(STALE));
  }

  @Test
  void howOftenFilesAreLookedAtIsLive() throws Exception {
    write("'watch': '0s', " + models(1));
    serve();
    write("'watch': '1s', " + models(1));
    reload.ask(true);
    await("settings: watch");
    write("'watch': '0s', " + models(2));
    awaitModels(2);
    await("models: 1 added (m2); settings: watch");
  }

  // ---- systemd

  @Test
  @EnabledOnOs(OS.LINUX)
  void systemdHearsOfTheBeginningAndTheEndOfEachReload() throws Exception {
    write("'watch': '0s', " + models(1));
    String path = folder.resolve("notify").toString();
    try (Mailbox systemd = Mailbox.at(NotifySocket.socketAddress(path))) {
      serve(Notifier.of(java.util.Map.of("NOTIFY_SOCKET", path), err));
      reload.ask(true);
      assertTrue(next(systemd).startsWith("RELOADING=1\nMONOTONIC_USEC="));
      String ready = next(systemd);
      assertTrue(ready.startsWith("READY=1\nSTATUS=listens on 127.0.0.1:"), ready);
      write("'nonsense': 1");
      reload.ask(true);
      assertTrue(next(systemd).startsWith("RELOADING=1\n"));
      ready = next(systemd);
      assertTrue(ready.startsWith("READY=1\nSTATUS=listens on 127.0.0.1:"), ready);
      assertTrue(ready.endsWith("the new config can't be used, see the log"), ready);
      write("'nonsens': 1");
      reload.ask(false);
      assertTrue(next(systemd).startsWith("RELOADING=1\n"));
      assertTrue(next(systemd).startsWith("READY=1\n"));
      write("'watch': '0s', " + models(1));
      reload.ask(false);
      assertTrue(next(systemd).startsWith("RELOADING=1\n"));
      assertTrue(next(systemd).startsWith("READY=1\n"));
      reload.ask(false);
      reload.stop();
      assertEquals(Optional.empty(), systemd.next(), "nothing has changed");
    }
  }

  private static String next(Mailbox systemd) {
    String[] found = new String[1];
    Waiting.await(
        "a word to systemd",
        () -> {
          Optional<String> came = systemd.next();
          came.ifPresent(text -> found[0] = text);
          return came.isPresent();
        });
    return found[0];
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aPipeOrADeviceInThePlaceOfAFileIsNotTheLastReload() throws Exception {
    write("'watch': '0s', " + models(1));
    serve();
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Files.delete(config());
    Files.createSymbolicLink(config(), pipe);
    reload.ask(true);
    await("config.json\" is a pipe or a device, which isn't read while the router runs");
    assertTrue(health().contains(STALE), health());
    Files.delete(config());
    write("'watch': '0s', 'authTokens': ['${file:" + pipe + "}'], " + models(1));
    reload.ask(true);
    await("authTokens[0]");
    write("'watch': '0s', " + models(2));
    reload.ask(true);
    awaitModels(2);
  }
}
