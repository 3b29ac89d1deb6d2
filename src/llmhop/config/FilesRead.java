package llmhop.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Files as they were just before they were read: what tells later whether one has changed. Filled
/// by one thread, then shared.
public final class FilesRead {
  private final Map<Path, Optional<Stamp>> stamps = new LinkedHashMap<>();

  /// A file as it was found behind all links: Kubernetes swaps the link to a folder, `mv` puts
  /// another file in its place, and an editor writes into the same.
  ///
  /// @param real its path without links Compared in so many words, since what a record does by
  ///   itself is made of method handles while it runs: 7 MB, for a look every two seconds.
  ///
  /// @param key the file itself, where the system tells files apart
  private record Stamp(Path real, Optional<Object> key, FileTime modified, long size) {
    static Optional<Stamp> of(Path file) {
      try {
        Path real = file.toRealPath();
        BasicFileAttributes found = Files.readAttributes(real, BasicFileAttributes.class);
        if (found.isOther()) {
          // A pipe is read once; its times change whenever its writer comes.
          return Optional.empty();
        }
        Optional<Object> key = Optional.ofNullable(found.fileKey());
        return Optional.of(new Stamp(real, key, found.lastModifiedTime(), found.size()));
      } catch (IOException e) {
        return Optional.empty();
      }
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Stamp stamp
          && size == stamp.size
          && modified.equals(stamp.modified)
          && key.equals(stamp.key)
          && real.equals(stamp.real);
    }

    @Override
    public int hashCode() {
      return real.hashCode();
    }
  }

  /// No file yet.
  public FilesRead() {}

  /// A file is about to be read; it may be missing. Where it was read before, what counts is how it
  /// was the first time.
  public void note(Path file) {
    if (!stamps.containsKey(file)) {
      stamps.put(file, Stamp.of(file));
    }
  }

  /// Files that matter, too, as they are now.
  public void noteAll(FilesRead others) {
    for (Path file : others.stamps.keySet()) note(file);
  }

  /// The same files as they are now.
  FilesRead now() {
    var now = new FilesRead();
    now.noteAll(this);
    return now;
  }

  /// Whether the same files were the same then.
  boolean isLike(FilesRead other) {
    return stamps.equals(other.stamps);
  }
}
