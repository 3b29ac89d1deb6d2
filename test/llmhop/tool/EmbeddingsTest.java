package llmhop.tool;

import static llmhop.tool.Simulator.at;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import llmhop.kit.Answer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EmbeddingsTest {
  private final Simulator simulator = Simulator.quick();

  @AfterEach
  void stop() {
    simulator.close();
  }

  @Test
  void aTextBecomesAUnitVector() {
    Answer answer = embed("\"Hello\"", "");
    assertEquals("list", at(answer, "object"));
    assertEquals("a list of 384", at(answer, "data", 0, "embedding"));
    assertEquals("2", at(answer, "usage", "prompt_tokens"));
    double square = 0;
    for (int i = 0; i < 384; i++) {
      double part = Double.parseDouble(at(answer, "data", 0, "embedding", i));
      square += part * part;
    }
    assertEquals(1, square, 1e-5);
  }

  @Test
  void theSameTextHasTheSameVectorAndAnotherAnother() {
    Answer answer = embed("[\"a\",\"b\",\"a\"]", ",\"dimensions\":3");
    assertEquals("a list of 3", at(answer, "data"));
    assertEquals("2", at(answer, "data", 2, "index"));
    String first = at(answer, "data", 0, "embedding", 0);
    assertEquals(first, at(answer, "data", 2, "embedding", 0));
    assertNotEquals(first, at(answer, "data", 1, "embedding", 0));
  }

  @Test
  void tokensAreOneInputAndListsOfTokensSeveral() {
    assertEquals("a list of 1", at(embed("[1,2,3]", ""), "data"));
    assertEquals("3", at(embed("[1,2,3]", ""), "usage", "prompt_tokens"));
    assertEquals("a list of 2", at(embed("[[1,2],[3]]", ""), "data"));
  }

  @Test
  void base64HoldsTheSameFloats() {
    Answer plain = embed("\"Hello\"", ",\"dimensions\":8");
    Answer coded = embed("\"Hello\"", ",\"dimensions\":8,\"encoding_format\":\"base64\"");
    byte[] bytes = Base64.getDecoder().decode(at(coded, "data", 0, "embedding"));
    assertEquals(8 * 4, bytes.length);
    ByteBuffer floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 8; i++) {
      float part = Float.parseFloat(at(plain, "data", 0, "embedding", i));
      assertEquals(part, floats.getFloat());
    }
  }

  @Test
  void whatIsNoInputIsRefused() {
    for (String input : new String[] {"[]", "{}", "null", "7"}) {
      Answer answer = embed(input, "");
      assertEquals(400, answer.status(), input);
      assertEquals("input", at(answer, "error", "param"));
    }
    assertEquals(400, embed("\"x\"", ",\"encoding_format\":\"hex\"").status());
    assertEquals(200, embed("\"x\"", ",\"dimensions\":4096").status());
    assertEquals(400, embed("\"x\"", ",\"dimensions\":4097").status());
  }

  private Answer embed(String input, String more) {
    return simulator.post("/v1/embeddings", "{\"model\":\"llama\",\"input\":" + input + more + "}");
  }
}
