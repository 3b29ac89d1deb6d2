package llmhop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import llmhop.config.Config;
import llmhop.config.ConfigException;
import llmhop.config.ConfigReader;
import llmhop.config.Secrets;
import llmhop.http.wire.HeapBudget;
import org.junit.jupiter.api.Test;

/// Operators are told what the heap allows, and warned of keys that they have set too high.
class HeapReportTest {
  private static final long MB = 1024 * 1024;

  /// The lines of a process whose heap is that of this one, so that the default of
  /// `maxBufferedBytes` is its half. The budget is smaller than that.
  private static List<String> lines(String members) throws ConfigException {
    String json = "{%s\"models\":{\"llama\":{\"url\":\"http://127.0.0.1:1\"}}}".formatted(members);
    Config config = ConfigReader.read(json.getBytes(StandardCharsets.UTF_8), Secrets.fromProcess());
    var budget = new HeapBudget(40 * MB);
    return new HeapReport(budget, Runtime.getRuntime().maxMemory(), config).lines();
  }

  @Test
  void defaultOfMaxBufferedBytesIsNoWishOfTheOperator() throws ConfigException {
    List<String> lines = lines("\"http\":{\"maxConnections\":100},");
    assertEquals(1, lines.size(), lines::toString);
    assertTrue(lines.getFirst().contains("and 30 MB of request bodies"), lines::toString);
  }

  @Test
  void maxBufferedBytesOverTheBudgetIsWarnedOf() throws ConfigException {
    List<String> lines = lines("\"http\":{\"maxConnections\":100},\"maxBufferedBytes\":\"31MiB\",");
    assertEquals(2, lines.size(), lines::toString);
    assertTrue(lines.getLast().startsWith("warning: 'maxBufferedBytes' is 31 MB, more than"));
  }

  @Test
  void maxBufferedBytesAtTheBudgetIsNotWarnedOf() throws ConfigException {
    List<String> lines = lines("\"http\":{\"maxConnections\":100},\"maxBufferedBytes\":\"30MiB\",");
    assertEquals(1, lines.size(), lines::toString);
  }
}
