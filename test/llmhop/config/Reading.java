package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads configs for tests. `'` stands for `"`, so that JSON is readable in Java.
final class Reading {
  static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
  static final long HEAP = 1L << 30;

  private Reading() {}

  static Config config(String json) throws ConfigException {
    return config(json, env(Map.of()));
  }

  static Config config(String json, Secrets secrets) throws ConfigException {
    byte[] bytes = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return ConfigReader.read(bytes, secrets, HEAP, NOW);
  }

  /// A config with one model, `m`, and these top-level members beside it.
  static Config with(String members) throws ConfigException {
    return config("{'models': {'m': {'url': 'http://h'}}, " + members + "}");
  }

  /// The only model, `m`, with these members.
  static Model model(String members) throws ConfigException {
    return config("{'models': {'m': {" + members + "}}}").models().getFirst();
  }

  static List<String> problems(String json) {
    return problems(json, env(Map.of()));
  }

  static List<String> problems(String json, Secrets secrets) {
    return assertThrows(ConfigException.class, () -> config(json, secrets)).problems();
  }

  /// The one problem of a config with one model, `m`, and these top-level members beside it.
  static String problemWith(String members) {
    return only(problems("{'models': {'m': {'url': 'http://h'}}, " + members + "}"));
  }

  /// The one problem of a model with these members.
  static String problemOfModel(String members) {
    return only(problems("{'models': {'m': {" + members + "}}}"));
  }

  private static String only(List<String> problems) {
    if (problems.size() != 1) {
      throw new AssertionError("not one problem: " + problems);
    }
    return problems.getFirst();
  }

  /// Secrets from these variables and from no file.
  static Secrets env(Map<String, String> variables) {
    return new StoredSecrets(
        name -> Optional.ofNullable(variables.get(name)),
        (path, _) -> {
          throw new java.nio.file.NoSuchFileException(path.toString());
        });
  }
}
