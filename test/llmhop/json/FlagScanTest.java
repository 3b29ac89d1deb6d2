package llmhop.json;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whether a member of the outermost object is `true`, in whatever pieces the text comes.
class FlagScanTest {
  private static void assertSays(boolean expected, String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    for (int piece : new int[] {1, 2, 3, 7, bytes.length}) {
      var scan = new FlagScan("stream");
      for (int at = 0; at < bytes.length; at += piece) {
        scan.feed(bytes, at, Math.min(piece, bytes.length - at));
      }
      assertEquals(expected, scan.isTrue(), json + " in pieces of " + piece);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"stream\":true}",
        " \r\n\t{ \"stream\" \n:\t true \r}\n",
        "\ufeff{\"stream\":true}",
        "{\"model\":\"x\",\"stream\":true,\"n\":1}",
        "{\"str\\u0065am\":true}",
        "{\"\\u0073\\u0074\\u0072\\u0065\\u0061\\u006d\":true}",
        "{\"stream\":false,\"stream\":true}",
        "{\"a\":{\"b\":[1,\"}\",{}]},\"stream\":true}",
        "{\"a\":\"\\\\\",\"stream\":true}",
        "{\"a\":\"\\\"stream\\\":false\",\"stream\":true}",
        "{\"stream\":true,\"a\":{\"stream\":false}}",
        "{\"stream\":true,\"a\":[{\"stream\":false}],\"b\":\"stream\"}",
        "{\"stream\":true,\"Stream\":false}"
      })
  void theMemberIsTrue(String json) {
    assertSays(true, json);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "{\"stream\":false}",
        "{\"stream\":null}",
        "{\"stream\":1}",
        "{\"stream\":\"true\"}",
        "{\"stream\":\"t\"}",
        "{\"stream\":[true]}",
        "{\"stream\":{\"stream\":true}}",
        "{\"stream\":true,\"stream\":false}",
        "{\"stream\":true,\"stream\":null}",
        "{\"Stream\":true}",
        "{\"stream_options\":true}",
        "{\"xstream\":true}",
        "{\"a\":{\"stream\":true}}",
        "{\"a\":[\"stream\",true]}",
        "{\"a\":\"stream\",\"b\":true}",
        "{\"a\":\"\\\"stream\\\":true\"}",
        "{\"a\":\"{\\\"stream\\\":true\"}",
        "[{\"stream\":true}]",
        "\"stream\"",
        "--x\r\n\r\n{\"stream\":true}",
        "{}{\"stream\":true}"
      })
  void theMemberIsNotTrue(String json) {
    assertSays(false, json);
  }
}
