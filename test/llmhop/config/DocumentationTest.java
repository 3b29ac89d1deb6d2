package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DocumentationTest {
  @Test
  void everyKeyIsExplained() throws Exception {
    String page = Files.readString(Path.of("docs", "configuration.md"));
    List<String> missing =
        Stream.of(
                ConfigReader.KEYS,
                HttpReader.KEYS,
                ListenTlsReader.KEYS,
                CorsReader.KEYS,
                ModelReader.KEYS,
                ModelReader.TIMEOUT_KEYS,
                EndpointsReader.KEYS,
                TlsReader.KEYS,
                TokensReader.KEYS,
                LimitsReader.QUEUE_KEYS)
            .flatMap(List::stream)
            .filter(key -> !page.contains("`" + key + "`") && !page.contains("\"" + key + "\":"))
            .toList();
    assertEquals(List.of(), missing);
  }
}
