package llmhop.backend;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answer;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.head;
import static llmhop.kit.Steps.raw;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import llmhop.json.JsonWriter;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is taken of what backends say that they serve, up to which limits.
class ListingTest {
  private static final int LARGEST = 1024 * 1024;

  private final Fleets fleets = new Fleets();
  private ScriptedBackend server;
  private Fleet fleet;
  private Listing listing;

  @BeforeEach
  void start() throws IOException {
    server = ScriptedBackend.onTcp();
    fleet = fleets.of("'url': '" + server.url() + "', 'headers': {'Authorization': 'Bearer k'}");
    listing = new Listing(fleet.backends().getFirst(), fleets.news::add);
  }

  @AfterEach
  void end() {
    fleet.close();
    server.close();
  }

  private boolean takes(Step step) {
    server.next(step);
    return listing.run();
  }

  private static String list(int models) {
    var json = new StringBuilder("{\"data\":[");
    for (int i = 0; i < models; i++) {
      json.append(i == 0 ? "" : ",").append("{\"id\":\"m").append(i).append("\"}");
    }
    return json.append("]}").toString();
  }

  @Test
  void itAsksWithTheModelsOwnHeaders() {
    assertTrue(takes(answerJson(200, list(2))));
    assertEquals("/v1/models", server.request(1).target());
    assertEquals("Bearer k", server.request(1).field("Authorization").orElseThrow());
    assertEquals(Set.of("m0", "m1"), fleet.listed());
  }

  @Test
  void aBadAnswerLeavesTheLastGoodOne() {
    assertTrue(takes(answerJson(200, list(1))));
    for (Step bad :
        List.of(
            answerJson(500, list(2)),
            answerJson(200, "nope"),
            answerJson(200, "{\"detail\":\"loading\"}"),
            answerJson(200, "[]"),
            answer(200, new byte[] {'{', '"', (byte) 0xff, '"', '}'}),
            answerJson(200, "[".repeat(100_000)))) {
      assertFalse(takes(bad));
      assertEquals(Set.of("m0"), fleet.listed());
    }
    assertEquals(List.of("m's list of models can't be used: status 500"), fleets.news);
  }

  private String published(String members) {
    assertTrue(takes(answerJson(200, "{\"data\":[{\"id\":\"a\"" + members + "}]}")));
    return new JsonWriter().json(fleet.listed("a").orElseThrow()).toString();
  }

  @Test
  void publishedFieldsAreKeptInTheOrderOfTheEngine() {
    String fields =
        "\"meta\":{\"n_ctx_train\":8192,\"scale\":1.5e3,\"n\":-1},\"created\":5,"
            + "\"owned_by\":\"llama.cpp\",\"context_length\":0,\"max_model_len\":4096,"
            + "\"architecture\":{\"input_modalities\":[\"text\",\"image\"]}";
    assertEquals("{" + fields + "}", published("," + fields));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'status':{'value':'loaded','args':['llama-server','--api-key','k','-m','/srv/m.gguf']}",
        "'root':'/srv/m','parent':'x','permission':[{'id':'p'}],'object':'model','name':'/srv/m'",
        "'path':'/srv/m','digest':'abc','details':{'family':'x'},'tags':['/srv'],'aliases':['b']",
        "'created':'5','max_model_len':'4096','context_length':[1],'owned_by':7",
        "'created':1.5,'max_model_len':-1,'context_length':1e400,'owned_by':'/srv/models'",
        "'created':99999999999999999999,'max_model_len':true,'context_length':null,'owned_by':''",
        "'owned_by':'a\\u0000b'",
        "'owned_by':'a\\u202eb'",
        "'owned_by':'C:\\\\models'",
        "'meta':[1],'architecture':'/srv'",
        "'meta':7,'architecture':{'modality':'/srv','tokenizer':'/srv'}",
        "'Created':5,'META':{'a':1},'architecture':{'input_modalities':'text'}"
      })
  void fieldOfAnotherNameOrTypeIsDropped(String members) {
    assertEquals("{}", published("," + members.replace('\'', '"')));
  }

  @Test
  void nestedFieldsKeepWhatIsPublishedOnly() {
    assertEquals(
        "{\"meta\":{\"n\":1},\"architecture\":{\"input_modalities\":[\"text\"]}}",
        published(
            ",\"meta\":{\"path\":\"/srv\",\"n\":1,\"in\":{\"n\":2},\"/srv\":3,\"inf\":1e400,\"long\":"
                + "9".repeat(PublishedFields.MAX_NUMBER + 1)
                + "},\"architecture\":{\"path\":\"/srv\",\"input_modalities\":"
                + "[\"text\",\"/srv\",5,[\"x\"]]}"));
  }

  private static String members(int count) {
    var json = new StringBuilder();
    for (int i = 0; i < count; i++) json.append(i == 0 ? "" : ",").append("\"n" + i + "\":1");
    return json.toString();
  }

  private static String words(int count) {
    return String.join(",", Collections.nCopies(count, "\"text\""));
  }

  @Test
  void fieldsAtTheirLimitsAreKeptAndNoMore() {
    String owner = "x".repeat(PublishedFields.MAX_TEXT);
    assertEquals("{\"owned_by\":\"" + owner + "\"}", published(",\"owned_by\":\"" + owner + "\""));
    assertEquals("{}", published(",\"owned_by\":\"x" + owner + "\""));
    String number = "1".repeat(PublishedFields.MAX_NUMBER);
    assertEquals(
        "{\"meta\":{\"n\":" + number + "}}", published(",\"meta\":{\"n\":" + number + "}"));
    String meta = "{\"meta\":{" + members(PublishedFields.MAX_META) + "}}";
    assertEquals(meta, published(",\"meta\":{" + members(PublishedFields.MAX_META) + "}"));
    assertEquals(meta, published(",\"meta\":{" + members(PublishedFields.MAX_META + 1) + "}"));
    String list = "\"architecture\":{\"input_modalities\":[%s]}";
    String most = list.formatted(words(PublishedFields.MAX_MODALITIES));
    assertEquals("{" + most + "}", published("," + most));
    String more = list.formatted(words(PublishedFields.MAX_MODALITIES + 1));
    assertEquals("{" + most + "}", published("," + more));
  }

  @Test
  void anEmptyListIsAnAnswerToo() {
    assertTrue(takes(answerJson(200, list(1))));
    assertTrue(takes(answerJson(200, "{\"object\":\"list\",\"data\":[]}")));
    assertEquals(Set.of(), fleet.listed());
  }

  @Test
  void aThousandModelsAreTakenAndNoMore() {
    assertTrue(takes(answerJson(200, list(Listing.MOST_MODELS))));
    assertEquals(1000, fleet.listed().size());
    assertTrue(takes(answerJson(200, list(Listing.MOST_MODELS + 1))));
    assertEquals(1000, fleet.listed().size());
    assertFalse(fleet.listed().contains("m1000"));
  }

  @Test
  void aMebibyteIsReadAndNoByteMore() {
    String json = list(1);
    String full = json + " ".repeat(LARGEST - json.length());
    assertTrue(takes(answerJson(200, full)));
    assertFalse(takes(answerJson(200, list(2) + " ".repeat(LARGEST - list(2).length() + 1))));
    assertEquals(Set.of("m0"), fleet.listed());
  }

  @Test
  void anEndlessAnswerIsLeftAlone() {
    byte[] chunk = ("10000\r\n" + " ".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.UTF_8);
    Step[] steps = new Step[40];
    steps[0] = head(200, "Transfer-Encoding: chunked");
    for (int i = 1; i < steps.length; i++) steps[i] = raw(chunk);
    assertFalse(takes(all(steps)));
    assertEquals(0, fleet.backends().getFirst().upstream().open(), "and its connection closed");
  }

  @Test
  void whatCouldBeNoNameIsPassedOver() {
    String names =
        "{\"data\":[{\"id\":\"\"},{\"id\":\"a\\n"
            + "b\"},{\"id\":\"\\ud83d\"},{\"id\":5},7,null,"
            + "{\"id\":\"%s\"},{\"id\":\"%s\"},{\"id\":\"\ud83d\ude00\"},{\"id\":\"fine\"},{\"id\":\"fine\",\"created\":1}]}";
    assertTrue(takes(answerJson(200, names.formatted("x".repeat(256), "x".repeat(257)))));
    assertEquals(Set.of("x".repeat(256), "\ud83d\ude00", "fine"), fleet.listed());
    assertTrue(fleet.listed("fine").orElseThrow().get("created").isEmpty(), "the first counts");
  }
}
