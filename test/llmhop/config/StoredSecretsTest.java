package llmhop.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StoredSecretsTest {
  private final Map<String, String> environment = new HashMap<>();
  private final Map<Path, byte[]> files = new HashMap<>();
  private final Secrets secrets =
      new StoredSecrets(
          name -> Optional.ofNullable(environment.get(name)),
          (path, limit) -> {
            if (path.endsWith("closed")) {
              throw new AccessDeniedException(path.toString());
            }
            byte[] bytes = files.get(path);
            if (bytes == null) {
              throw new NoSuchFileException(path.toString());
            }
            return Arrays.copyOf(bytes, Math.min(limit, bytes.length));
          });

  @Test
  void aVariableIsFound() throws UnresolvedException {
    environment.put("KEY", " hunter2\n");
    assertEquals(Optional.of(" hunter2\n"), secrets.resolve(Secrets.Kind.ENV, "KEY"));
  }

  @Test
  void aFileIsFoundWhereItsPathSays() throws UnresolvedException {
    file("/run/key", "hunter2");
    environment.put("CREDENTIALS_DIRECTORY", "/creds");
    assertEquals(Optional.of("hunter2"), secrets.resolve(Secrets.Kind.FILE, "/run/key"));
  }

  @Test
  void aRelativeFileIsLookedForAmongTheCredentialsFirst() throws UnresolvedException {
    file("key", "here");
    file("/creds/key", "there");
    assertEquals(Optional.of("here"), secrets.resolve(Secrets.Kind.FILE, "key"));
    environment.put("CREDENTIALS_DIRECTORY", "");
    assertEquals(Optional.of("here"), secrets.resolve(Secrets.Kind.FILE, "key"));
    environment.put("CREDENTIALS_DIRECTORY", "/creds");
    assertEquals(Optional.of("there"), secrets.resolve(Secrets.Kind.FILE, "key"));
  }

  @Test
  void aCredentialIsAFileInItsDirectory() throws UnresolvedException {
    file("/creds/key", "hunter2\n");
    environment.put("CREDENTIALS_DIRECTORY", "/creds");
    assertEquals(Optional.of("hunter2"), secrets.resolve(Secrets.Kind.CRED, "key"));
  }

  @ParameterizedTest
  @CsvSource({
    "a\\n, a",
    "a\\r\\n, a",
    "a\\n\\n, a\\n",
    "a\\r, a\\r",
    "a\\nb, a\\nb",
    "' a ', ' a '"
  })
  void oneNewlineAtTheEndOfAFileIsTrimmed(String text, String expected) throws UnresolvedException {
    file("/f", text.translateEscapes());
    assertEquals(
        Optional.of(expected.translateEscapes()), secrets.resolve(Secrets.Kind.FILE, "/f"));
  }

  @Test
  void aFileOf64KiBIsTheLargest() throws UnresolvedException {
    file("/f", "x".repeat(64 * 1024));
    assertEquals(Optional.of("x".repeat(64 * 1024)), secrets.resolve(Secrets.Kind.FILE, "/f"));
    file("/f", "x".repeat(64 * 1024 + 1));
    assertEquals("the file \"/f\" is larger than 64 KiB", refusal(Secrets.Kind.FILE, "/f"));
  }

  @Test
  void whatIsMissingIsNamed() {
    environment.put("EMPTY", "");
    file("/empty", "\n");
    files.put(Path.of("/bytes"), new byte[] {'h', 'u', (byte) 0xff});
    assertEquals("the environment variable NONE is not set", refusal(Secrets.Kind.ENV, "NONE"));
    assertEquals("the environment variable EMPTY is empty", refusal(Secrets.Kind.ENV, "EMPTY"));
    assertEquals(
        "the file \"/none\" can't be read, there is none", refusal(Secrets.Kind.FILE, "/none"));
    assertEquals(
        "the file \"/closed\" can't be read, access is denied",
        refusal(Secrets.Kind.FILE, "/closed"));
    assertEquals("the file \"/empty\" is empty", refusal(Secrets.Kind.FILE, "/empty"));
    assertEquals("the file \"/bytes\" is not UTF-8 text", refusal(Secrets.Kind.FILE, "/bytes"));
    assertEquals(
        "the credential \"key\" can't be found, $CREDENTIALS_DIRECTORY is not set",
        refusal(Secrets.Kind.CRED, "key"));
  }

  @Test
  void aFolderIsNoSecret(@TempDir Path folder) {
    Secrets onDisk = new StoredSecrets(_ -> Optional.empty(), SecretFiles.onDisk());
    var e =
        assertThrows(
            UnresolvedException.class, () -> onDisk.resolve(Secrets.Kind.FILE, folder.toString()));
    assertEquals(
        "the file " + Words.quoted(folder.toString()) + " can't be read, is it a file?",
        e.getMessage());
  }

  @Test
  void theProcessFindsItsOwnFilesAndVariables(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("key"), "hunter2\n", UTF_8);
    assertEquals(
        Optional.of("hunter2"), Secrets.fromProcess().resolve(Secrets.Kind.FILE, file.toString()));
    assertEquals(
        Optional.ofNullable(System.getenv("PATH")),
        Secrets.fromProcess().resolve(Secrets.Kind.ENV, "PATH"));
  }

  @Test
  void anUnresolvedReferenceStopsTheStartNamingItsPathOnly() {
    environment.put("SET", "hunter2");
    var problems =
        Reading.problems(
            """
            {
              'authTokens': ['${env:SET}', '${env:NO_TOKEN}'],
              'models': {
                'm': {'url': 'http://h', 'headers': {'Authorization': 'Bearer $NO_KEY'}}
              }
            }
            """,
            secrets);
    assertEquals(
        java.util.List.of(
            "authTokens[1]: the environment variable NO_TOKEN is not set (line 2)",
            "models.m.headers.Authorization: the environment variable NO_KEY is not set (line 4)"),
        problems);
    assertFalse(problems.toString().contains("hunter2"));
  }

  private void file(String path, String text) {
    files.put(Path.of(path), text.getBytes(UTF_8));
  }

  private String refusal(Secrets.Kind kind, String name) {
    return assertThrows(UnresolvedException.class, () -> secrets.resolve(kind, name)).getMessage();
  }
}
