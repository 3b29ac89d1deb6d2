package llmhop.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/// Finds secrets in an environment and in files, both handed in.
///
/// @param environment a variable's value by its name
/// @param files what reads a file
record StoredSecrets(Function<String, Optional<String>> environment, SecretFiles files)
    implements Secrets {

  // A key or a certificate has a few KiB; more than this is the wrong file.
  static final int MAX_FILE_BYTES = 64 * 1024;

  private static final String DIRECTORY = "CREDENTIALS_DIRECTORY";

  @Override
  public Optional<String> resolve(Kind kind, String name) throws UnresolvedException {
    String value =
        switch (kind) {
          case ENV -> variable(name);
          case FILE -> file(path(name), "the file " + Words.quoted(name));
          case CRED -> credential(name);
        };
    return Optional.of(value);
  }

  private String variable(String name) throws UnresolvedException {
    String what = "the environment variable " + name;
    String value =
        environment.apply(name).orElseThrow(() -> new UnresolvedException(what + " is not set"));
    return filled(value, what);
  }

  private String credential(String name) throws UnresolvedException {
    String what = "the credential " + Words.quoted(name);
    String directory =
        directory()
            .orElseThrow(
                () ->
                    new UnresolvedException(
                        what + " can't be found, $" + DIRECTORY + " is not set"));
    return file(Path.of(directory).resolve(name), what);
  }

  private Optional<String> directory() {
    return environment.apply(DIRECTORY).filter(value -> !value.isEmpty());
  }

  private Path path(String name) throws UnresolvedException {
    try {
      Path path = Path.of(name);
      return directory().map(directory -> Path.of(directory).resolve(path)).orElse(path);
    } catch (InvalidPathException e) {
      throw new UnresolvedException("the file " + Words.quoted(name) + " can't have such a name");
    }
  }

  private String file(Path path, String what) throws UnresolvedException {
    byte[] bytes;
    try {
      bytes = files.read(path, MAX_FILE_BYTES + 1);
    } catch (IOException e) {
      throw new UnresolvedException(what + " can't be read, " + reason(e));
    }
    if (bytes.length > MAX_FILE_BYTES) {
      throw new UnresolvedException(what + " is larger than 64 KiB");
    }
    return filled(withoutLastNewline(text(bytes, what)), what);
  }

  private static String reason(Exception e) {
    return switch (e) {
      case NoSuchFileException _ -> "there is none";
      case AccessDeniedException _ -> "access is denied";
      case PipeReader.PipeException pipe -> pipe.getMessage();
      default -> "is it a file?";
    };
  }

  private static String text(byte[] bytes, String what) throws UnresolvedException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new UnresolvedException(what + " is not UTF-8 text");
    }
  }

  private static String withoutLastNewline(String text) {
    int end = text.length();
    if (text.endsWith("\n")) {
      end -= text.endsWith("\r\n") ? 2 : 1;
    }
    return text.substring(0, end);
  }

  /// An empty secret is a mistake everywhere: a variable that was cleared, a file not written yet.
  private static String filled(String value, String what) throws UnresolvedException {
    if (value.isEmpty()) {
      throw new UnresolvedException(what + " is empty");
    }
    return value;
  }
}
