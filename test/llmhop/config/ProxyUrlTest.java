package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyUrlTest {
  @Test
  void aProxyHasAHostAndAPort() throws ConfigException {
    assertEquals(
        Optional.of(new Proxy("proxy.lan", 3128, Optional.empty())), read("proxy.lan:3128"));
    assertEquals(Optional.of(new Proxy("::1", 3128, Optional.empty())), read("[::1]:3128/"));
  }

  @Test
  void itsCredentialsAreDecoded() throws ConfigException {
    Proxy proxy = read("me:p%40ss%3A%2F%C3%A4@proxy:1").orElseThrow();
    assertEquals("me:p@ss:/ä", proxy.credentials().orElseThrow().reveal());
    assertFalse(proxy.toString().contains("ss"), proxy.toString());
  }

  private static Optional<Proxy> read(String rest) throws ConfigException {
    return Reading.model("'url': 'https://h', 'proxy': 'http://" + rest + "'").proxy();
  }

  @Test
  void itsPasswordMayBeAReference() throws ConfigException {
    String json =
        "{'models': {'m': {'url': 'https://h', 'proxy': 'http://me:${env:PASSWORD}@proxy:1'}}}";
    Config config = Reading.config(json, Reading.env(Map.of("PASSWORD", "x%21")));
    assertEquals(
        Optional.of(Secret.of("me:x!")),
        config.models().getFirst().proxy().flatMap(Proxy::credentials));
    Reading.config(json, Secrets.unresolved());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "https://me:hunter2@proxy:1|not the URL of an HTTP proxy",
        "me:hunter2@proxy:1|not the URL of an HTTP proxy",
        "http://me:hunter2@proxy|it has no port",
        "http://me:hunter2@:1|it has no host",
        "http://me:hunter2@proxy:70000|its port must be 1 to 65535",
        "http://me:hunter2@proxy:1/path|a proxy's URL ends after its port",
        "http://me:hunter2@proxy:1?q|its host and port can't be read",
        "http://hunter2@proxy:1|its credentials are written user:password@",
        "http://:hunter2@proxy:1|its credentials are written user:password@",
        "http://me:hunter2/x@proxy:1|percent-encode / ? # @ in its credentials",
        "http://me:hunter2%4@proxy:1|write a % in its credentials as %25",
        "http://me:hunter2%zz@proxy:1|write a % in its credentials as %25",
        "http://me:hunter2%0d%0aX@proxy:1|its credentials hold a control character",
      })
  void anythingElseIsRefusedAndNotShown(String url, String message) {
    String problem = Reading.problemOfModel("'url': 'https://h', 'proxy': '" + url + "'");
    assertTrue(problem.startsWith("models.m.proxy: " + message), problem);
    assertFalse(problem.contains("hunter2"), problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://${env:PROXY}", "socks5://${env:PROXY}"})
  void aWrongSchemeIsSeenBesideAnOpenReference(String url) {
    String problem =
        Reading.problems(
                "{'models': {'m': {'url': 'https://h', 'proxy': '" + url + "'}}}",
                Secrets.unresolved())
            .getFirst();
    assertTrue(problem.startsWith("models.m.proxy: not the URL of an HTTP proxy"), problem);
  }
}
