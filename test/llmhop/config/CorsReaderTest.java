package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CorsReaderTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://chat.example",
        "http://localhost:3000",
        "https://chat.example:8443",
        "https://chat.example:80",
        "http://127.0.0.1:5173",
        "http://[::1]:3000",
        "https://xn--bcher-kva.example",
        "app://obsidian.md",
        "chrome-extension://abcdefghijklmnop",
        "*"
      })
  void anOriginIsTakenAsBrowsersSendIt(String origin) throws ConfigException {
    assertEquals(
        List.of(origin), Reading.with("'cors': {'origins': ['" + origin + "']}").corsOrigins());
  }

  @Test
  void withoutTheKeyNoPageMay() throws ConfigException {
    assertEquals(List.of(), Reading.with("'log': 'off'").corsOrigins());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'https://chat.example/'|an origin ends with its host or port, without a slash or path",
        "'https://chat.example/a'|an origin ends with its host or port, without a slash or path",
        "'https://chat.example?a'|an origin ends with its host or port, without a slash or path",
        "'https://Chat.example'|write it in lower case, as browsers send it",
        "'HTTPS://chat.example'|write it in lower case, as browsers send it",
        "'https://chat.example:443'|leave the port 443 out, browsers don't send it with https",
        "'http://chat.example:80'|leave the port 80 out, browsers don't send it with http",
        "'http://chat.example:03000'|write the port without zeros before it",
        "'http://chat.example:'|its port must be 1 to 65535",
        "'http://chat.example:65536'|its port must be 1 to 65535",
        "'chat.example'|not an origin, write it like \"https://chat.example\"",
        "'https:chat.example'|not an origin, write it like \"https://chat.example\"",
        "''|not an origin, write it like \"https://chat.example\"",
        "'https://'|it has no host",
        "'https://a_b!'|its host is neither a host name nor an IP address",
        "'https://me@chat.example'|no user or password in an origin",
        "'https://*.example'|no * within an origin, name each, or all with \"*\"",
        "'https://b\u00fccher.example'|write a name outside ASCII as browsers send it: \"xn--...\"",
        "'null'|any page can make itself one without an origin, so \"null\" can't be told from"
            + " \"*\"",
        "5|expected a string, found a number",
      })
  void anythingElseIsRefused(String origin, String problem) {
    assertEquals(
        "cors.origins[0]: " + problem + " (line 1)",
        Reading.problemWith("'cors': {'origins': [" + origin + "]}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|cors: there are no \"origins\", name at least one or leave \"cors\" out",
        "{'origins': []}|cors.origins: an empty list, leave \"cors\" out to allow none",
        "{'origins': '*'}|cors.origins: expected a list of origins, found a string",
        "{'origin': ['*'], 'origins': ['*']}|cors.origin: unknown key, did you mean \"origins\"?",
        "{'origins': ['https://a', '*']}|cors.origins[1]: \"*\" allows every origin, name no other"
            + " beside it",
        "{'origins': ['https://a', 'https://a']}|cors.origins[1]: the same as cors.origins[0] on"
            + " line 1",
        "['*']|cors: expected an object, found an array",
      })
  void aListThatMeansNothingIsRefused(String cors, String problem) {
    assertEquals(problem + " (line 1)", Reading.problemWith("'cors': " + cors));
  }

  @Test
  void everyPageOnAnOpenRouterIsAWarning() throws ConfigException {
    assertEquals(
        List.of(
            "cors.origins[0]: every web page that somebody opens can use the models, name its"
                + " origins or set 'authTokens' (line 1)"),
        Reading.with("'cors': {'origins': ['*']}").warnings());
    assertEquals(
        List.of(), Reading.with("'cors': {'origins': ['*']}, 'authTokens': ['x']").warnings());
    assertEquals(List.of(), Reading.with("'cors': {'origins': ['https://a']}").warnings());
  }
}
