package chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// A config file that is changed in all the ways in which operators do it.
final class ConfigPlace {

  private final Path folder;
  private final Path file;
  private int versions;

  /// How a new text gets into the file.
  enum Way {
    /// An editor that writes into the file that is there.
    IN_PLACE,
    /// An editor, or a tool, that moves another file to its place.
    MOVE,
    /// Kubernetes: the file is a link into a folder that is itself a link, which is moved on.
    SWAP
  }

  ConfigPlace(Path folder, String text) throws IOException {
    this.folder = Files.createDirectories(folder);
    file = folder.resolve("config.json");
    write(text, Way.SWAP);
  }

  Path file() {
    return file;
  }

  void write(String text, Way way) throws IOException {
    switch (way) {
      case IN_PLACE -> Files.writeString(file, text);
      case MOVE -> move(Files.writeString(folder.resolve("config.new"), text), file);
      case SWAP -> swap(text);
    }
  }

  private void swap(String text) throws IOException {
    Path data = folder.resolve("..data");
    Path old = Files.exists(data) ? data.toRealPath() : folder.resolve("none");
    Path fresh = Files.createDirectory(folder.resolve("..v" + versions++));
    Files.writeString(fresh.resolve("config.json"), text);
    link(data, fresh.getFileName());
    Path target = Path.of("..data", "config.json");
    if (!Files.isSymbolicLink(file)) link(file, target);
    Files.deleteIfExists(old.resolve("config.json"));
    Files.deleteIfExists(old);
  }

  private void link(Path link, Path target) throws IOException {
    move(Files.createSymbolicLink(folder.resolve("..link"), target), link);
  }

  // In one step, so that nobody finds nothing.
  private static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
