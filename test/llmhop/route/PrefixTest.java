package llmhop.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import llmhop.backend.Hash64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which bodies begin with the same prompt.
class PrefixTest {
  private static final int LIMIT = 256;

  private static OptionalLong key(String body) {
    return Affinities.of(body.replace('\'', '"'), Affinities.prefix(LIMIT)).prefix(LIMIT);
  }

  private static OptionalLong hash(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return OptionalLong.of(Hash64.of(bytes, 0, bytes.length));
  }

  private static void assertText(String text, String body) {
    assertEquals(hash(text), key(body), body);
  }

  @Test
  void theTextOfMessagesIsTheirContentAndRoleEach() {
    assertText(
        "Be kind.\0system\0Hello\0user\0",
        "{'model':'m','messages':[{'role':'system','content':'Be kind.'},"
            + "{'role':'user','content':'Hello'}]}");
  }

  @Test
  void theSectionsHaveOneOrderWhateverTheBodys() {
    String all = "SIM\0user\0N\0user\0P";
    assertText(
        all,
        "{'system':'S','instructions':'I','messages':[{'role':'user','content':'M'}],"
            + "'input':[{'role':'user','content':'N'}],'prompt':'P'}");
    assertText(
        all,
        "{'prompt':'P','input':[{'role':'user','content':'N'}],"
            + "'messages':[{'role':'user','content':'M'}],'instructions':'I','system':'S'}");
  }

  @Test
  void systemAfterTheMessagesIsTheSame() {
    String messages = "'messages':[{'role':'user','content':'Hi'}]";
    assertEquals(
        key("{'system':'Be kind.'," + messages + "}"),
        key("{" + messages + ",'system':'Be kind.'}"));
    assertNotEquals(key("{'system':'Be kind.'," + messages + "}"), key("{" + messages + "}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'messages':[{'content':'Hello you','role':'user'}]}",
        "{ 'messages' :\n[\t{ 'role' : 'user' , 'content' : 'Hello you' } ] , 'model' : 'm' }",
        "{'mess\\u0061ges':[{'r\\u006fle':'us\\u0065r','c\\u006fntent':'Hello\\u0020you'}]}",
        "{'temperature':0.5,'messages':[{'name':'x','content':'Hello you','x':[{'text':'no'}],"
            + "'role':'user'}],'tools':[{'content':'no','text':'no'}]}",
        "{'messages':[{'role':'user','content':[{'type':'text','text':'Hello you'}]}]}",
        "{'messages':[{'content':[{'text':'Hello','type':'text'},{'type':'image_url','image_url':"
            + "{'url':'data:x'}},{'text':' you','type':'text'}],'role':'user'}]}",
        "{'messages':[{'content':[[[{'a':{'text':'Hello you'}}]]],'role':'user'}]}",
        "{'messages':[{'text':'no','content':'Hello you','text':'no','role':'user'}]}",
        "{'messages':[{'role':'tool','content':'no','role':'user','content':'Hello you'}]}",
        "{'messages':[{'role':'user','content':'no'}],'messages':"
            + "[{'role':'user','content':'Hello you'}]}",
        "{'messages':[null,1,{'role':'user','content':'Hello you'},true]}",
        "{'messages':['Hello',{'role':'user','content':' you'}]}",
        "{'messages':[['no',{'text':'no','content':'no'}],{'role':'user','content':'Hello you'}]}"
      })
  void manySpellingsAreOnePrompt(String body) {
    assertText("Hello you\0user\0", body);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "A\u00e9\u4e2d|A\\u00e9\\u4E2D",
        "\ud83d\ude00|\\ud83d\\ude00",
        "a\\nb\\tc\\/|a\\u000ab\\u0009c/",
        "\\\\\\\"|\\u005c\\u0022"
      })
  void escapesAreWhatTheySpell(String one, String other) {
    assertEquals(key("{'prompt':'" + one + "'}"), key("{'prompt':'" + other + "'}"));
  }

  @Test
  void loneSurrogatesDiffer() {
    assertNotEquals(key("{'prompt':'\\ud83d'}"), key("{'prompt':'\\ud83e'}"));
    assertNotEquals(key("{'prompt':'\\ud83d\\ude00'}"), key("{'prompt':'\\ud83d \\ude00'}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'model':'m','temperature':1}",
        "{'messages':[]}",
        "{'messages':null}",
        "{'messages':{'role':'user','content':'x'}}",
        "{'messages':[1,null,[['x']]]}",
        "{'messages':[{}]}",
        "{'messages':[{'content':'x'}]}",
        "{'messages':[{'role':'assistant','content':'x'},{'role':'user','content':'x'}]}",
        "{'messages':[{'content':'x','role':'assistant'},{'role':'user','content':'x'}]}",
        "{'messages':[{'content':'x','role':'mod\\u0065l'},{'role':'user','content':'x'}]}",
        "{'prompt':''}",
        "{'prompt':'x','prompt':null}",
        "{'prompt':'x','prompt':{'id':'x'}}",
        "{'prompt':[1,2,3]}",
        "{'prompt':[[1,2],[3]]}",
        "{'Messages':[{'role':'user','content':'x'}],'sys':'x','systems':'x'}",
        "{'a':{'prompt':'x','messages':[{'role':'user','content':'x'}]}}"
      })
  void someBodiesHaveNone(String body) {
    assertEquals(OptionalLong.empty(), key(body));
  }

  @Test
  void aPromptOfSeveralStringsIsTheirText() {
    assertText("one two", "{'prompt':['one',' two']}");
    assertText("one two", "{'input':['one',' two']}");
  }

  @Test
  void blocksOfSystemAreTheirText() {
    assertText("Be kind.", "{'system':[{'type':'text','text':'Be '},{'text':'kind.'}]}");
    assertText("Be kind.", "{'system':'Be kind.'}");
    assertText(
        "Be kind.",
        "{'system':[{'type':'text','text':'Be kind.','cache_control':{'type':'ephemeral'}}]}");
  }

  @Test
  void emptyMessagesStillHaveARole() {
    assertText("\0user\0", "{'messages':[{'role':'user','content':''}]}");
    assertText("\0user\0", "{'messages':[{'role':'user'}]}");
    assertText("\0user\0", "{'messages':[{'role':'user','content':null}]}");
    assertText("\0\0", "{'messages':[{'role':''}]}");
  }

  @Test
  void rolesTellMessagesApart() {
    assertNotEquals(
        key("{'messages':[{'role':'user','content':'Hi'}]}"),
        key("{'messages':[{'role':'system','content':'Hi'}]}"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"'role':'%2$s','content':%1$s", "'content':%1$s,'role':'%2$s'"})
  void theKeyOfAConversationStaysWhileItGrows(String message) {
    String first =
        "{'messages':["
            + said(message, "'Be kind.'", "system")
            + ","
            + said(message, "'What is it?'", "user");
    String second = first + "," + said(message, "'It is this.'", "assistant");
    String third = second + "," + said(message, "[{'type':'text','text':'And that?'}]", "user");
    OptionalLong key = key(first + "]}");
    assertEquals(hash("Be kind.\0system\0What is it?\0user\0"), key);
    assertEquals(key, key(second + "]}"));
    assertEquals(key, key(third + "]}"));
    assertEquals(key, key(third.replace("assistant", "model") + "]}"));
    assertEquals(key, key(third + "," + said(message, "null", "assistant") + "]}"));
  }

  private static String said(String message, String content, String role) {
    return "{" + message.formatted(content, role) + "}";
  }

  @Test
  void theKeyOfAConversationInTheResponsesApiStaysToo() {
    String first =
        "{'instructions':'Be kind.','input':[{'role':'user','content':[{'type':"
            + "'input_text','text':'Weather?'}]}";
    String call =
        first
            + ",{'type':'reasoning','content':[{'type':'reasoning_text','text':'Hm'}]},"
            + "{'type':'function_call','name':'weather','arguments':'{}'}"
            + ",{'type':'function_call_output','output':'rain'}";
    String said =
        call
            + ",{'role':'assistant','content':[{'type':'output_text','text':'Rain'}]}"
            + ",{'role':'user','content':'Thanks'}";
    assertText("Be kind.Weather?\0user\0", first + "]}");
    assertEquals(key(first + "]}"), key(call + "]}"));
    assertEquals(key(first + "]}"), key(said + "]}"));
  }

  @Test
  void bytesUpToTheLimitCountAndNoFurther() {
    String begin = "x".repeat(LIMIT - 1);
    OptionalLong key = key("{'prompt':'" + begin + "y'}");
    assertEquals(key, key("{'prompt':'" + begin + "yz'}"));
    assertEquals(key, key("{'prompt':'" + begin + "y" + "\\u00e9z".repeat(9) + "'}"));
    assertNotEquals(key, key("{'prompt':'" + begin + "z'}"));
    assertNotEquals(key, key("{'prompt':'" + begin + "'}"));
    for (int at = 0; at < LIMIT - 1; at += 15) {
      String other = "x".repeat(at) + "z" + "x".repeat(LIMIT - 2 - at) + "y";
      assertNotEquals(key, key("{'prompt':'" + other + "'}"), "at " + at);
    }
  }

  @Test
  void theLimitHoldsOverMessagesToo() {
    String begin = "x".repeat(LIMIT - 6);
    OptionalLong key = key("{'messages':[{'role':'user','content':'" + begin + "'}]}");
    String long1 =
        "{'messages':[{'role':'user','content':'"
            + begin
            + "'},"
            + "{'role':'user','content':'more'}]}";
    assertEquals(key, key(long1));
    String late = "{'messages':[{'content':'" + begin + "','role':'user'},{'content':'more'}]}";
    assertEquals(key, key(late));
    String shorter = begin.substring(1);
    assertNotEquals(
        key(
            "{'messages':[{'role':'user','content':'"
                + shorter
                + "'},{'role':'user','content':'a'}]}"),
        key(
            "{'messages':[{'role':'user','content':'"
                + shorter
                + "'},{'role':'user','content':'b'}]}"));
  }

  @Test
  void alsoAFullSectionIsLeftOutWhenTheRoleSaysSoAtLast() {
    String much = "x".repeat(3 * LIMIT);
    assertEquals(
        OptionalLong.empty(),
        key("{'messages':[{'content':'" + much + "','x':[1,{'a':'b'}],'role':'assistant'}]}"));
    assertText(
        "Hi\0user\0P",
        "{'messages':[{'content':'Hi','role':'user'},{'content':[{'text':'"
            + much
            + "'}],'role':'assistant'},{'role':'user','content':'no'}],'prompt':'P'}");
  }

  @Test
  void aSectionThatIsFullLeavesTheOthersTheirPlace() {
    String much = "x".repeat(3 * LIMIT);
    assertText("S" + "x".repeat(LIMIT - 1), "{'prompt':'" + much + "','system':'S'}");
    assertText("x".repeat(LIMIT), "{'prompt':'p','system':'" + much + "'}");
  }

  @Test
  void fewerBytesCanBeAskedForThanAreKept() {
    String body = "{\"system\":\"abc\",\"prompt\":\"defgh\"}";
    Affinity affinity = Affinities.of(body, Affinities.prefix(6));
    for (int bytes = 1; bytes <= 6; bytes++) {
      assertEquals(hash("abcdef".substring(0, bytes)), affinity.prefix(bytes));
      Affinity exact = Affinities.of(body, Affinities.prefix(bytes));
      assertEquals(affinity.prefix(bytes), exact.prefix(bytes));
    }
    assertEquals(affinity.prefix(6), affinity.prefix(1000));
    assertEquals(OptionalLong.empty(), affinity.prefix(0));
  }

  @Test
  void aCharacterMayBeCutByTheLimit() {
    Affinity affinity = Affinities.of("{\"prompt\":\"\u4e2d\"}", Affinities.prefix(2));
    assertTrue(affinity.prefix(2).isPresent());
    assertEquals(
        affinity.prefix(2),
        Affinities.of("{\"prompt\":\"\\u4e2e\"}", Affinities.prefix(2)).prefix(2));
  }

  @Test
  void aRoleCountsWithItsFirst64Bytes() {
    String role = "r".repeat(64);
    OptionalLong key = key("{'messages':[{'role':'" + role + "','content':'x'}]}");
    assertEquals(hash("x\0" + role + "\0"), key);
    assertEquals(key, key("{'messages':[{'role':'" + role + "more','content':'x'}]}"));
    String notQuite = "assistant".repeat(100);
    assertTrue(key("{'messages':[{'role':'" + notQuite + "','content':'x'}]}").isPresent());
  }

  @Test
  void nothingIsFoundWhereNothingIsWanted() {
    String body = "{\"prompt\":\"x\",\"user\":\"u\"}";
    Affinity affinity = Affinities.of(body, Affinity.Wanted.NOTHING);
    assertEquals(OptionalLong.empty(), affinity.prefix(10));
    assertEquals(OptionalLong.empty(), affinity.field("user"));
    assertEquals(OptionalLong.empty(), Affinities.of(body, Affinities.fields("user")).prefix(10));
  }
}
