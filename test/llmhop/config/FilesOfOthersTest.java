package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// llmhop's own files load unchanged, and so does the example.
class FilesOfOthersTest {
  private static final Path FIXTURES = Path.of("test", "llmhop", "config", "fixtures");

  private static final Secrets SECRETS =
      new StoredSecrets(
          name ->
              Optional.ofNullable(
                  Map.of(
                          "TEAM_B_TOKEN", "team-b",
                          "LLAMA_KEY", "sk-llama",
                          "MISTRAL_KEY", "sk-mistral",
                          "CREDENTIALS_DIRECTORY", "/creds")
                      .get(name)),
          (path, _) ->
              (switch (path.toString()) {
                    case "/run/keys/callers" -> "from-a-file\n";
                    case "/creds/ops-token" -> "from-systemd\n";
                    default -> throw new java.nio.file.NoSuchFileException(path.toString());
                  })
                  .getBytes(StandardCharsets.UTF_8));

  @Test
  void llmhop1() throws ConfigException {
    Config config = read(FIXTURES.resolve("llmhop-1.x.json"), SECRETS);
    assertEquals(List.of(new Listen.Tcp("", 9090)), config.listen());
    assertEquals(digests("team-a-4f1d0c", "team-b"), digests(config));
    assertEquals(32L << 20, config.maxBodyBytes());
    assertEquals(
        List.of("http://gpu-1.lan:8000", "http://10.1.0.7:8001/v1", "http://[fd00::7]:11434"),
        urls(config));
    assertEquals(
        List.of(
            new Header("Authorization", Secret.of("Bearer sk-llama")),
            new Header("X-Team", Secret.of("research"))),
        config.models().get(1).headers());
    assertEquals("meta-llama/Llama-3.1-8B-Instruct", config.models().get(1).name());
    assertEquals(List.of(), config.warnings());
  }

  @Test
  void llmhop2() throws ConfigException {
    Config config = read(FIXTURES.resolve("llmhop-2.x.json"), SECRETS);
    assertEquals(List.of(new Listen.Tcp("::1", 8080)), config.listen());
    assertEquals(digests("from-a-file", "from-systemd"), digests(config));
    assertEquals(Long.MAX_VALUE, config.maxBodyBytes());
    assertEquals(256, config.maxConcurrentRequests());
    assertEquals(
        List.of(
            "unix:///run/vllm/gpt-oss.sock",
            "http://inference.example:8000",
            "https://eval.example:443/models/a"),
        urls(config));
    assertEquals(
        List.of(new Header("X-Api-Key", Secret.of("sk-mistral"))),
        config.models().get(1).headers());
    assertEquals(
        List.of(false, false, true), config.models().stream().map(Model::unlisted).toList());
    assertEquals(List.of(), config.warnings());
  }

  @Test
  void bothLoadWhereTheirSecretsAreNotAtHand() throws ConfigException {
    read(FIXTURES.resolve("llmhop-1.x.json"), Secrets.unresolved());
    read(FIXTURES.resolve("llmhop-2.x.json"), Secrets.unresolved());
  }

  @Test
  void theExample() throws ConfigException {
    Config config = read(Path.of("config.example.json"), Secrets.unresolved());
    assertEquals(List.of(), config.warnings());
    assertEquals(Optional.of("llama"), config.defaultModel());
    assertEquals(5, config.models().size());
    assertEquals("[127.0.0.1:8080, [::1]:8080]", config.listen().toString());
  }

  private static Config read(Path file, Secrets secrets) throws ConfigException {
    return ConfigReader.read(ConfigFile.read(file), secrets, Reading.HEAP, Reading.NOW);
  }

  private static List<String> urls(Config config) {
    return config.models().stream()
        .map(model -> model.endpoints().getFirst())
        .map(endpoint -> endpoint + endpoint.path())
        .toList();
  }

  private static List<Sha256> digests(Config config) {
    return config.authTokens().stream().map(Token::digest).toList();
  }

  private static List<Sha256> digests(String... tokens) {
    return Stream.of(tokens)
        .map(token -> Sha256.of(token.getBytes(StandardCharsets.UTF_8)))
        .toList();
  }
}
