package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentProxyTest {
  private static final Proxy PROXY = new Proxy("proxy.lan", 3128, Optional.empty());
  private static final String URL = "http://proxy.lan:3128";

  @Test
  void withoutTheVariableThereIsNoProxy() throws ConfigException {
    assertEquals(Optional.empty(), EnvironmentProxy.NONE.forHost("h"));
    for (Map<String, String> environment :
        List.of(
            Map.<String, String>of(),
            Map.of("HTTPS_PROXY", ""),
            Map.of("https_proxy", ""),
            Map.of("NO_PROXY", "a"),
            Map.of("HTTP_PROXY", URL),
            Map.of("ALL_PROXY", URL))) {
      assertEquals(Optional.empty(), EnvironmentProxy.of(environment).forHost("h"));
    }
  }

  @Test
  void eitherSpellingNamesIt() throws ConfigException {
    for (String name : List.of("HTTPS_PROXY", "https_proxy")) {
      assertEquals(
          Optional.of(PROXY), EnvironmentProxy.of(Map.of(name, URL)).forHost("api.example"));
    }
  }

  @Test
  void lowerCaseWinsUnlessItIsEmptyAsWithCurl() throws ConfigException {
    String other = "http://other:1";
    assertEquals(
        Optional.of(PROXY),
        EnvironmentProxy.of(Map.of("https_proxy", URL, "HTTPS_PROXY", other)).forHost("h"));
    assertEquals(
        Optional.of(PROXY),
        EnvironmentProxy.of(Map.of("https_proxy", "", "HTTPS_PROXY", URL)).forHost("h"));
    var exceptions =
        EnvironmentProxy.of(Map.of("HTTPS_PROXY", URL, "no_proxy", "one", "NO_PROXY", "other"));
    assertEquals(Optional.empty(), exceptions.forHost("one"));
    assertEquals(Optional.of(PROXY), exceptions.forHost("other"));
  }

  @Test
  void itsCredentialsAreKeptAndNotShown() throws ConfigException {
    Proxy proxy =
        EnvironmentProxy.of(Map.of("HTTPS_PROXY", "http://me:hunter%32@proxy.lan:3128"))
            .forHost("h")
            .orElseThrow();
    assertEquals("me:hunter2", proxy.credentials().orElseThrow().reveal());
    assertFalse(proxy.toString().contains("hunter"), proxy.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "example.org          | example.org",
        "example.org          | EXAMPLE.org",
        "EXAMPLE.org          | example.org",
        "example.org          | api.example.org",
        "example.org          | a.b.example.org",
        ".example.org         | api.example.org",
        ".example.org         | example.org",
        "other, example.org   | example.org",
        "other ,example.org , | example.org",
        "*                    | anything",
        "a,*                  | 10.0.0.1",
        "localhost            | localhost",
        "10.0.0.1             | 10.0.0.1",
        "10.0.0.0/8           | 10.255.0.1",
        "::1                  | ::1",
        "fd00::/8             | fd12:3456::1"
      })
  void noProxyExceptsTheHost(String exceptions, String host) throws ConfigException {
    assertEquals(Optional.empty(), with(exceptions).forHost(host));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                   | example.org",
        "' , ,'               | example.org",
        "example.org          | notexample.org",
        "example.org          | example.org.evil",
        "api.example.org      | example.org",
        ".example.org         | notexample.org",
        "example              | example.org",
        "10.0.0.0/8           | 11.0.0.1",
        "10.0.0.0/8           | 10.example.org",
        "10.0.0.1             | 10.0.0.10",
        "10.0.0.0/99          | 10.0.0.1",
        "fd00::/8             | fe00::1",
        "*.example.org        | other.org"
      })
  void noProxyLeavesOthers(String exceptions, String host) throws ConfigException {
    assertEquals(Optional.of(PROXY), with(exceptions).forHost(host));
  }

  private static EnvironmentProxy with(String exceptions) throws ConfigException {
    return EnvironmentProxy.of(Map.of("HTTPS_PROXY", URL, "NO_PROXY", exceptions));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "proxy.lan:3128",
        "https://proxy.lan:3128",
        "socks5://me:hunter2@proxy.lan:1080",
        "http://me:hunter2@proxy.lan",
        "http://hunter2@proxy.lan:1",
        "http://me:hunter2@proxy.lan:99999"
      })
  void whatIsNoHttpProxyStopsTheStartAndIsNotShown(String url) {
    String message =
        assertThrows(ConfigException.class, () -> EnvironmentProxy.of(Map.of("HTTPS_PROXY", url)))
            .getMessage();
    assertTrue(message.startsWith("the variable HTTPS_PROXY: "), message);
    assertFalse(message.contains("hunter2") || message.contains("proxy.lan"), message);
  }
}
