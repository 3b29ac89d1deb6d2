package llmhop.json;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// Scanning costs no memory, however long the text.
final class AllocationTest {

  @Test
  void aLongTextOfAllTokensTakesNoMoreMemoryThanAShortOne() throws ScanException {
    String item = "{\"role\":\"us\\u0065r\",\"n\":[1,-2.5e3,true,null],\"model\":\"\u4e2d\\n\"}, ";
    byte[] text =
        ("{\"model\":\"m\",\"a\":[" + item.repeat(20_000) + "0]}").getBytes(StandardCharsets.UTF_8);
    scan(text);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    scan(text);
    long taken = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(taken < 16_384, taken + " bytes for " + text.length);
  }

  private static void scan(byte[] text) throws ScanException {
    MemberScan scan = new MemberScan("model", 9, 9);
    for (int at = 0; at < text.length; at += 1000) {
      scan.feed(text, at, Math.min(1000, text.length - at));
    }
    scan.finish();
  }
}
