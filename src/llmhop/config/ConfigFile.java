package llmhop.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/// The config file on disk.
public final class ConfigFile {
  // Thousands of models fit; a device or a model's weights given by mistake don't.
  static final int MAX_BYTES = 16 * 1024 * 1024;

  private ConfigFile() {}

  /// Reads the whole file.
  ///
  /// @param file where it is
  /// @return its bytes
  /// @throws ConfigException when it can't be read, saying which file, who we are and its mode
  public static byte[] read(Path file) throws ConfigException {
    return read(file, new PipeReader());
  }

  /// @param pipes reads it where it is no file, such as `<(sops -d config.json)`
  static byte[] read(Path file, PipeReader pipes) throws ConfigException {
    byte[] bytes;
    try {
      bytes = SecretFiles.onDisk(pipes).read(file, MAX_BYTES + 1);
    } catch (IOException e) {
      throw problem(file, "can't be read, " + reason(file, e));
    }
    if (bytes.length > MAX_BYTES) {
      throw problem(file, "is larger than 16 MiB");
    }
    return bytes;
  }

  /// Reads it while the router runs. A pipe or a device may keep its reader waiting for ever, and
  /// no other config would be read after it.
  ///
  /// @throws ConfigException as above, and when it is neither a file nor a folder
  public static byte[] readAgain(Path file) throws ConfigException {
    if (PipeReader.isPipe(file)) {
      throw problem(file, "is a pipe or a device, which isn't read while the router runs");
    }
    return read(file);
  }

  private static ConfigException problem(Path file, String what) {
    return new ConfigException(List.of("the config file " + Words.quoted("" + file) + " " + what));
  }

  static String reason(Path file, IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "there is none";
      case PipeReader.PipeException pipe -> pipe.getMessage();
      case AccessDeniedException _ -> "access is denied to " + us() + ", its " + ownership(file);
      default -> Files.isDirectory(file) ? "it is a directory" : e.getClass().getSimpleName();
    };
  }

  private static String us() {
    // No JDK call tells the user id; Linux shows it as the owner of our own process folder.
    try {
      return "uid " + Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return "user " + Words.quoted(System.getProperty("user.name", ""));
    }
  }

  private static String ownership(Path file) {
    try {
      int mode = (Integer) Files.getAttribute(file, "unix:mode");
      Object owner = Files.getAttribute(file, "unix:uid");
      return "mode is %04o, its owner uid %s".formatted(mode & 07777, owner);
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return "mode can't be read either: a folder above it is closed to us";
    }
  }
}
