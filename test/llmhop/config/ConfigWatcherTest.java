package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// When files count as changed, look by look.
class ConfigWatcherTest {
  @TempDir Path folder;
  private Path file;
  private FilesRead files = new FilesRead();
  private final List<Runnable> duringRests = new ArrayList<>();
  private int rests;
  private int changes;
  private boolean stale;
  private ConfigWatcher watcher;

  @BeforeEach
  void make() throws IOException {
    file = Files.writeString(folder.resolve("config.json"), "one");
    watcher =
        new ConfigWatcher(
            () -> files,
            () -> stale,
            () -> changes++,
            nanos -> {
              assertEquals(ConfigWatcher.REST_NANOS, nanos);
              rests++;
              if (!duringRests.isEmpty()) duringRests.removeFirst().run();
            });
    read(file);
  }

  private void read(Path... all) {
    files = new FilesRead();
    for (Path each : all) files.note(each);
  }

  private int look() {
    changes = 0;
    watcher.look(Duration.ofSeconds(2).toNanos());
    return changes;
  }

  private static void write(Path to, String text) {
    try {
      Files.writeString(to, text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void nothingHappensWhileNothingChanges() {
    for (int i = 0; i < 100; i++) assertEquals(0, look());
    assertEquals(0, rests);
  }

  @Test
  void anEditInPlaceIsAChange() {
    write(file, "another");
    assertEquals(1, look());
    read(file);
    assertEquals(0, look());
  }

  @Test
  void anotherFileUnderTheSameNameIsAChange() throws IOException {
    Path next = Files.writeString(folder.resolve("next"), "two");
    Files.setLastModifiedTime(next, Files.getLastModifiedTime(file));
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    assertEquals(1, look());
  }

  @Test
  void aTouchIsAChangeWhichTheContentMayNotBe() throws IOException {
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L));
    assertEquals(1, look());
  }

  @Test
  void aFileThatGoesAndOneThatComesAreChanges() throws IOException {
    Path secret = folder.resolve("secret");
    read(file, secret);
    assertEquals(0, look());
    write(secret, "here");
    assertEquals(1, look());
    read(file, secret);
    Files.delete(secret);
    assertEquals(1, look());
  }

  @Test
  void theFolderThatKubernetesSwapsIsAChange() throws IOException {
    Path first = Files.createDirectory(folder.resolve("..2026_1"));
    Path second = Files.createDirectory(folder.resolve("..2026_2"));
    write(first.resolve("c"), "one");
    write(second.resolve("c"), "two");
    FileTime same = Files.getLastModifiedTime(first.resolve("c"));
    Files.setLastModifiedTime(second.resolve("c"), same);
    Path data = Files.createSymbolicLink(folder.resolve("..data"), Path.of("..2026_1"));
    Path seen = Files.createSymbolicLink(folder.resolve("c"), Path.of("..data/c"));
    read(seen);
    assertEquals(0, look());
    Path fresh = Files.createSymbolicLink(folder.resolve("..data_tmp"), Path.of("..2026_2"));
    Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    assertEquals(1, look());
  }

  @Test
  void aFileIsReadOnceItIsWrittenToItsEnd() {
    write(file, "h");
    duringRests.add(() -> write(file, "hal"));
    duringRests.add(() -> write(file, "half"));
    duringRests.add(() -> write(file, "half and"));
    assertEquals(1, look());
    assertEquals(4, rests);
  }

  @Test
  void aFileThatNeverRestsIsReadAllTheSame() {
    write(file, "x");
    for (int i = 0; i < 100; i++) {
      String text = "x".repeat(i + 2);
      duringRests.add(() -> write(file, text));
    }
    assertEquals(1, look());
    assertEquals(ConfigWatcher.MOST_RESTS, rests);
  }

  @Test
  void whatSomebodyElseHasReadMeanwhileIsNoChangeAnyMore() {
    write(file, "by a signal");
    duringRests.add(() -> read(file));
    assertEquals(0, look());
  }

  @Test
  void whatCouldNotBeUsedIsTriedAgainNowAndThen() {
    stale = true;
    int tries = 0;
    for (int i = 0; i < 60; i++) tries += look();
    assertEquals(4, tries, "in two minutes");
  }

  @Test
  void aFileChangedWhileItIsReadIsSeenTheNextTime() {
    var noted = new FilesRead();
    noted.note(file);
    write(file, "changed after its stamp was taken");
    noted.note(file);
    files = noted;
    assertEquals(1, look());
  }

  @Test
  void itWalksAsOftenAsItIsToldAndNotAtAll() {
    var looks = new ArrayList<Long>();
    var walker =
        new ConfigWatcher(
            () -> {
              synchronized (looks) {
                looks.add(System.nanoTime());
              }
              return files;
            },
            () -> false,
            () -> {},
            java.util.concurrent.locks.LockSupport::parkNanos);
    assertEquals(0, size(looks));
    walker.every(Duration.ofMillis(5));
    Waiting.await("three looks", () -> size(looks) >= 3);
    walker.every(Duration.ZERO);
    walker.every(Duration.ofHours(1));
    int before = size(looks);
    walker.every(Duration.ofMillis(5));
    Waiting.await("three more", () -> size(looks) >= before + 3);
    walker.close();
    assertTrue(size(looks) < 10_000);
  }

  private static int size(List<Long> looks) {
    synchronized (looks) {
      return looks.size();
    }
  }
}
