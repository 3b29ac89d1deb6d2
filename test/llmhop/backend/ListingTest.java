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
import java.util.List;
import java.util.Set;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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

  @Test
  void numbersThatReadersMightBreakAtAreLeftOut() {
    String list =
        "{\"data\":[{\"id\":\"a\",\"n\":1.5,\"long\":%s,\"inf\":1e400,\"in\":{\"x\":[%s]}}]}";
    String digits = "9".repeat(5000);
    assertTrue(takes(answerJson(200, list.formatted(digits, digits))));
    var model = fleet.listed("a").orElseThrow();
    assertTrue(model.get("n").isPresent());
    for (String gone : List.of("long", "inf", "in")) assertTrue(model.get(gone).isEmpty(), gone);
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
            + "{\"id\":\"%s\"},{\"id\":\"%s\"},{\"id\":\"\ud83d\ude00\"},{\"id\":\"fine\"},{\"id\":\"fine\",\"x\":1}]}";
    assertTrue(takes(answerJson(200, names.formatted("x".repeat(256), "x".repeat(257)))));
    assertEquals(Set.of("x".repeat(256), "\ud83d\ude00", "fine"), fleet.listed());
    assertTrue(fleet.listed("fine").orElseThrow().get("x").isEmpty(), "the first counts");
  }
}
