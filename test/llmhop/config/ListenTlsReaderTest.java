package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListenTlsReaderTest {
  @Test
  void itsFilesAreReadButNotOpened() throws ConfigException {
    assertEquals(
        Optional.of(
            new ListenTls(
                Path.of("/no/such.pem"), Path.of("relative.key"), Optional.of(Path.of("ca.pem")))),
        Reading.with("'tls': {'cert': '/no/such.pem', 'key': 'relative.key', 'clientCa': 'ca.pem'}")
            .tls());
    assertEquals(
        Optional.of(new ListenTls(Path.of("a"), Path.of("b"), Optional.empty())),
        Reading.with("'tls': {'cert': 'a', 'key': 'b'}").tls());
    assertEquals(Optional.empty(), Reading.with("'log': 'off'").tls());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|tls: both \"cert\" and \"key\" are needed",
        "{'cert': 'a'}|tls: both \"cert\" and \"key\" are needed",
        "{'key': 'a', 'clientCa': 'b'}|tls: both \"cert\" and \"key\" are needed",
        "{'cert': '', 'key': 'a'}|tls.cert: the path of a file can't be empty",
        "{'cert': 'a', 'key': 5}|tls.key: expected a string, found a number",
        "{'cert': 'a', 'key': 'b', 'clientCa': null}|tls.clientCa: expected a string, found null",
        "{'cert': 'a', 'key': 'b', 'ca': 'c'}|tls.ca: unknown key, known are cert, key, clientCa",
        "true|tls: expected an object, found true or false",
      })
  void anythingElseIsRefused(String tls, String problem) {
    assertEquals(problem + " (line 1)", Reading.problemWith("'tls': " + tls));
  }

  @Test
  void onUnixSocketsAloneItIsAWarning() throws ConfigException {
    String tls = "'tls': {'cert': 'a', 'key': 'b'}, 'listen': ";
    assertEquals(
        List.of("tls: has no effect on Unix sockets (line 1)"),
        Reading.with(tls + "'unix:///a'").warnings());
    assertEquals(List.of(), Reading.with(tls + "['unix:///a', ':1']").warnings());
  }
}
