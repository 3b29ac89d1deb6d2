package llmhop.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Set;
import llmhop.http.wire.Fields;
import llmhop.json.MemberScan;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Looking for a body's affinity takes little memory, and none where it isn't wanted.
class AffinityMemoryTest {
  private static final int MIB = 1024 * 1024;
  private static final int SEGMENT = 128 * 1024;
  private static final int LIMIT = 64 * 1024;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static Affinity look(byte[] text, Affinity.Wanted wanted) {
    Look look = Look.of(new Fields(), false, false, wanted);
    for (int at = 0; at < text.length; at += SEGMENT) {
      look.feed(text, at, Math.min(SEGMENT, text.length - at));
    }
    look.finish();
    return look.affinity();
  }

  private static long taken(byte[] text, Affinity.Wanted wanted) {
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 3; round++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      look(text, wanted);
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'messages':[{'role':'user','content':'|x|'}]}",
        "{'messages':[{'content':'|x|','role':'assistant'}]}",
        "{'messages':[{'role':'|r|','content':'x'}]}",
        "{'messages':[{'|n|':'x','role':'user'}]}",
        "{'messages':[{'role':'user','content':[|{'text':'x'},|0]}]}",
        "{'messages':[|{'role':'user','content':'x'},|0]}",
        "{'messages':[|{'role':'user','content':null,'text':[['x']]},|0]}",
        "{'messages':[|[],|0]}",
        "{'messages':[{'content':[|[],{},|0],'role':'user'}]}",
        "{'prompt':[|'\\ud83d\\u0000',|0]}",
        "{|'prompt':'a longer text that counts',|'x':0}",
        "{|'user':'u','system':['s'],'input':'i',|'x':0}",
        "{'user':'|\\u00e9|'}",
        "{'|user|':'x'}",
      })
  void tenMebibytesOfAnythingTakeNoMoreThanTheLimits(String begin, String item, String end) {
    String text = begin + item.repeat(10 * MIB / item.length()) + end;
    byte[] body = text.replace('\'', '"').getBytes(UTF_8);
    var wanted = new Affinity.Wanted(LIMIT, Set.of("user", "prompt_cache_key"));
    long taken = taken(body, wanted);
    assertTrue(taken < 6 * LIMIT, taken + " bytes");
  }

  @Test
  void fiveFullSectionsTakeFiveTimesTheLimitAndNoMoreThanOneIsKept() {
    String much = "\":\"" + "x".repeat(MIB) + "\",\"";
    String body =
        "{\"system" + much + "instructions" + much + "messages" + much + "input" + much + "prompt";
    byte[] text = (body + much + "x\":0}").getBytes(UTF_8);
    long taken = taken(text, Affinities.prefix(LIMIT));
    assertTrue(taken < 14 * LIMIT, taken + " bytes");
    assertEquals(
        look(text, Affinities.prefix(LIMIT)).prefix(LIMIT),
        look(text, Affinities.prefix(LIMIT)).prefix(2 * LIMIT));
  }

  @Test
  void theDeepestBodyIsLookedIntoLikeAnyOther() {
    String open = "[{\"content\":".repeat((Look.DEEPEST - 2) / 2);
    String close = "}]".repeat((Look.DEEPEST - 2) / 2);
    byte[] text = ("{\"messages\":" + open + "\"x\"" + close + "}").getBytes(UTF_8);
    assertTrue(look(text, Affinities.prefix(9)).prefix(9).isEmpty());
  }

  @Test
  void aSmallPromptTakesLittleHoweverMuchIsWanted() {
    byte[] text = "{\"prompt\":\"Hello\",\"user\":\"u\"}".getBytes(UTF_8);
    long most = taken(text, new Affinity.Wanted(LIMIT, Set.of("user")));
    assertTrue(most < 4096, most + " bytes");
  }

  @Test
  void nothingWantedTakesNothing() throws Exception {
    String message = "{\"role\":\"user\",\"content\":\"Hello, \\u00e9\"},";
    byte[] text =
        ("{\"model\":\"m\",\"user\":\"u\",\"messages\":[" + message.repeat(5000) + "0]}")
            .getBytes(UTF_8);
    long alone = Long.MAX_VALUE;
    for (int round = 0; round < 3; round++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      MemberScan scan = new MemberScan(Look.MODEL, Look.DEEPEST, Look.LONGEST_NAME);
      scan.feed(text, 0, text.length);
      scan.finish();
      scan.value();
      alone = Math.min(alone, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    AffinityListener off = AffinityListener.of(Affinity.Wanted.NOTHING);
    assertEquals(AffinityListener.OFF, off);
    assertEquals(Affinity.NONE, off.affinity());
    // The look, the request's fields, what was named.
    long taken = taken(text, Affinity.Wanted.NOTHING);
    assertTrue(taken <= alone + 512, taken + " bytes, a scan " + alone);
  }
}
