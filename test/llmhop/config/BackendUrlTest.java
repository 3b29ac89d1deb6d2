package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackendUrlTest {
  @ParameterizedTest
  @CsvSource({
    "http://host, HTTP, host, 80, ''",
    "http://host/, HTTP, host, 80, ''",
    "https://host, HTTPS, host, 443, ''",
    "HTTP://Host:8000, HTTP, Host, 8000, ''",
    "http://10.0.0.7:8000/v1, HTTP, 10.0.0.7, 8000, /v1",
    "http://10.0.0.7:8000/v1/, HTTP, 10.0.0.7, 8000, /v1",
    "http://[::1]:8000/api, HTTP, ::1, 8000, /api",
    "http://[fd00::7], HTTP, fd00::7, 80, ''",
    "http://vllm_1:65535, HTTP, vllm_1, 65535, ''",
    "http://svc.ns.svc.cluster.local.:1, HTTP, svc.ns.svc.cluster.local., 1, ''",
    "https://host/a%2Fb/c~d@e:f, HTTPS, host, 443, /a%2Fb/c~d@e:f",
    "http://host/.well-known/..a, HTTP, host, 80, /.well-known/..a",
  })
  void aUrlIsTakenApart(String url, Scheme scheme, String host, int port, String path)
      throws ConfigException {
    Endpoint endpoint = Reading.model("'url': '" + url + "'").endpoints().getFirst();
    assertEquals(scheme, endpoint.scheme());
    assertEquals(host, endpoint.host());
    assertEquals(port, endpoint.port());
    assertEquals(path, endpoint.path());
    assertEquals("", endpoint.socketPath());
    assertEquals(1, endpoint.weight());
    assertFalse(endpoint.replacesV1());
  }

  @Test
  void aUnixSocketHasAPathAlone() throws ConfigException {
    Endpoint endpoint = Reading.model("'url': 'unix:///run/vllm/http.sock'").endpoints().getFirst();
    assertEquals(Scheme.UNIX, endpoint.scheme());
    assertEquals("/run/vllm/http.sock", endpoint.socketPath());
    assertEquals("", endpoint.host() + endpoint.path());
    assertEquals(0, endpoint.port());
  }

  @Test
  void aSocketsPathIsDecoded() throws ConfigException {
    Endpoint endpoint = Reading.model("'url': 'unix:///run/a%20b%25.sock'").endpoints().getFirst();
    assertEquals("/run/a b%.sock", endpoint.socketPath());
  }

  @Test
  void anEndpointShowsItsAddressWithoutItsPath() throws ConfigException {
    Endpoint endpoint = Reading.model("'url': 'http://[::1]:1/secret'").endpoints().getFirst();
    assertEquals("http://[::1]:1", endpoint.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|not an absolute URL, begin it with \"http://\", \"https://\" or \"unix:///\"",
        "host:8000|not an absolute URL, begin it with",
        "/v1|not an absolute URL, begin it with",
        "//host/v1|not an absolute URL, begin it with",
        "http:/host|not an absolute URL, begin it with",
        "ftp://host|not an absolute URL, begin it with",
        "http://|it has no host",
        "http:///v1|it has no host",
        "http://:80|it has no host",
        "http://host:|its port must be 1 to 65535",
        "http://host:0|its port must be 1 to 65535",
        "http://host:65536|its port must be 1 to 65535",
        "http://host:999999999999|its port must be 1 to 65535",
        "http://host:80a|its host and port can't be read",
        "http://::1|its host and port can't be read",
        "http://[::1|its host and port can't be read",
        "http://[::1]x|its host and port can't be read",
        "http://[host]|only an IPv6 address stands in brackets",
        "http://[fe80::1%25eth0]|only an IPv6 address stands in brackets",
        "http://a..b|its host is neither a host name nor an IP address",
        "http://a%41|its host is neither a host name nor an IP address",
        "http://127.1|its host is neither a host name nor an IP address",
        "http://2130706433|its host is neither a host name nor an IP address",
        "http://0x7f.1|its host is neither a host name nor an IP address",
        "http://1.2.3.400|its host is neither a host name nor an IP address",
        "http://h/a b|not a URL: percent-encode blanks",
        "http://h/ä|not a URL: percent-encode blanks",
        "http://h/a\\tb|not a URL: percent-encode blanks",
        "http://h/a?b=c|no query (?) in this URL",
        "http://h#a|no fragment (#) in this URL",
        "http://h//a|its path must be plain",
        "http://h/a//|its path must be plain",
        "http://h/%zz|its path must be plain",
        "http://h/a<b|its path must be plain",
        "http://h/a/../b|no . or .. segments in its path",
        "http://h/.|no . or .. segments in its path",
        "http://h/a/%2e%2E/b|no . or .. segments in its path",
        "unix://run/a.sock|not the absolute path of a Unix socket",
        "unix:///|not the absolute path of a Unix socket",
        "unix:///run/|not the absolute path of a Unix socket",
        "unix:///a?b|no query (?) in this URL",
        "unix:///a%|write a % in the path of a Unix socket as %25",
        "unix:///a%00b|the path of a Unix socket holds a control",
      })
  void whatIsNoUrlOfABackendIsRefused(String url, String message) {
    String problem = Reading.problemOfModel("'url': '" + url + "'");
    assertTrue(problem.startsWith("models.m.url: " + message), problem);
    assertTrue(problem.endsWith(" (line 1)"), problem);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://u:hunter2@h", "http://hunter2@h:80/v1", "https://:hunter2@[::1]/"})
  void credentialsInAUrlAreRefusedAndNotShown(String url) {
    for (String members : new String[] {"'url': '%s'", "'baseUrl': '%s'", "'urls': ['%s']"}) {
      String problem = Reading.problemOfModel(members.formatted(url));
      assertTrue(problem.contains("no user or password in a URL, put an \"Auth"), problem);
      assertFalse(problem.contains("hunter2"), problem);
    }
  }

  @Test
  void theLongestSocketPathHas107Bytes() throws ConfigException {
    String longest = "/" + "s".repeat(106);
    assertEquals(
        longest,
        Reading.model("'url': 'unix://" + longest + "'").endpoints().getFirst().socketPath());
    assertEquals(
        "models.m.url: the path of a Unix socket has at most 107 bytes (line 1)",
        Reading.problemOfModel("'url': 'unix://" + longest + "s'"));
  }

  @Test
  void referencesInAUrlAreResolvedBeforeItIsChecked() throws ConfigException {
    String json = "{'models': {'m': {'url': 'http://${env:HOST}:${env:PORT}/v1'}}}";
    Config config = Reading.config(json, Reading.env(Map.of("HOST", "gpu", "PORT", "81")));
    assertEquals("http://gpu:81", config.models().getFirst().endpoints().getFirst().toString());

    String problem =
        Reading.problems(json, Reading.env(Map.of("HOST", "u:hunter2@gpu", "PORT", "81")))
            .getFirst();
    assertFalse(problem.contains("hunter2"), problem);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "${env:URL}",
        "$URL",
        "${env:HOST}:8000",
        "http://${env:HOST}",
        "http://h:80${env:PATH}",
        "${env:SCHEME}://host/v1",
        "unix:///run/${env:NAME}.sock",
      })
  void anOpenReferenceInAUrlIsNoMistake(String url) throws ConfigException {
    String json =
        "{'models': {'m': {'urls': ['%s', {'url': '%s'}], 'proxy': 'http://p:1'}}}"
            .formatted(url, url);
    Reading.config(json, Secrets.unresolved());
  }

  @ParameterizedTest
  @CsvSource({
    "ftp://${env:HOST}, not an absolute URL",
    "http://user:${env:PASSWORD}@host, no user or password",
    "http://${env:HOST}/?x=1, no query",
    "http://${env:HOST}/#x, no fragment",
  })
  void whatIsWrongBesideAnOpenReferenceIsSeen(String url, String message) {
    String problem =
        Reading.problems("{'models': {'m': {'url': '" + url + "'}}}", Secrets.unresolved())
            .getFirst();
    assertTrue(problem.startsWith("models.m.url: " + message), problem);
  }
}
