package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Whatever is done to a config: it is read or it is refused, and no secret of it is shown.
class RandomConfigsTest {
  private static final int ROUNDS = 5_000;
  private static final String SECRET = "hunter2";
  private static final String CONFIG =
      """
      {
        'listen': [':8080', '[::1]:80'],
        'authTokens': ['hunter2', {'name': 'a', 'token': '${env:KEY}x', 'models': ['m*'],
          'expires': '2031-01-01T00:00:00Z'}, 'sha256:hunter2', {'sha256': 'hunter2'}],
        'maxBodyBytes': '1MiB', 'maxBufferedBytes': 5000000, 'maxConcurrentRequests': 7,
        'default': 'm', 'trustedProxies': ['10.0.0.0/8'], 'log': 'text',
        'drainDelay': '1s', 'drain': '1m',
        'models': {
          'm': {
            'urls': ['http://u:hunter2@h:80/a', {'url': 'https://h/${env:KEY}', 'weight': 3,
              'headers': {'Authorization': 'Bearer hunter2'}}],
            'headers': {'X-Key': 'hunter2', 'x-key': '$KEY', 'Connection': 'a hunter2$'},
            'proxy': 'http://me:hunter2@p:1', 'aliases': ['x'], 'adapters': ['y'],
            'rename': 'z', 'allowPaths': ['/slots'], 'tls': {'ca': 'a', 'cert': 'b', 'key': 'c'},
            'keepAlive': '5s', 'timeouts': {'connect': '1s', 'total': '5m'}
          },
          'w/*': {'baseUrl': 'https://hunter2@h/v1', 'rename': '*', 'hosted': true}
        }
      }
      """
          .replace('\'', '"');
  private static final List<String> PIECES =
      List.of(
          "\"", "{", "}", "[", "]", ":", ",", "$", "$$", "${", "*", "/", "/*", "0", "-1", "1e9",
          "null", "true", "\\n", "\\u0000", "\\ud83d", "@", "%", " ", "_", "http://", "'", "..");

  @Test
  void aBrokenConfigIsRefusedWithoutShowingItsSecrets() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String text = mutated(random);
      try {
        Config config = Reading.config(text, Reading.env(Map.of("KEY", SECRET + "\n")));
        assertFalse(config.toString().contains(SECRET), () -> "seed " + seed);
      } catch (ConfigException e) {
        refused++;
        // With a dollar before it, it is the name of a variable, and names are shown.
        String problems = e.getMessage().replace("variable " + SECRET, "variable");
        assertFalse(problems.contains(SECRET), () -> "seed " + seed + ": " + problems);
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", config " + text, e);
      }
    }
    assertTrue(refused > ROUNDS / 2, "seed " + seed);
  }

  private static String mutated(Random random) {
    StringBuilder text = new StringBuilder(CONFIG);
    int changes = random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(text.length());
      switch (random.nextInt(3)) {
        case 0 -> text.deleteCharAt(at);
        case 1 -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
        default -> text.replace(at, at + 1, PIECES.get(random.nextInt(PIECES.size())));
      }
    }
    return text.toString();
  }
}
