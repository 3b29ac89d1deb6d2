package llmhop.tool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import llmhop.json.Json;
import llmhop.json.JsonWriter;

/// `POST /v1/embeddings` as OpenAI's API reference has it: unit vectors that mean nothing, always
/// the same for the same text.
final class Embeddings {
  private static final int DEFAULT_DIMENSIONS = 384;
  private static final int MAX_DIMENSIONS = 4096;
  private static final int MAX_INPUTS = 2048;

  /// What is asked for.
  ///
  /// @param base64 whether a vector is wanted as the bytes of its floats, as OpenAI's client for
  ///   Node does unless told otherwise
  private record Wanted(
      String model, List<Prompt> inputs, int dimensions, boolean base64, long tokens) {
    Wanted {
      inputs = List.copyOf(inputs);
    }
  }

  private final Engine engine;
  private final Bodies bodies;

  Embeddings(Engine engine, Bodies bodies) {
    this.engine = engine;
    this.bodies = bodies;
  }

  void answer(Call call) throws IOException, Refused {
    Wanted wanted = call.body(bodies, bytes -> read(Document.parse(bytes)));
    engine.prefill(call, wanted.model(), wanted.tokens(), "application/json", text(wanted));
  }

  private static Wanted read(Document body) throws Refused {
    String model = body.model();
    List<Prompt> inputs = inputs(body.required("input"));
    long dimensions = body.count("dimensions").orElse(DEFAULT_DIMENSIONS);
    if (dimensions > MAX_DIMENSIONS) {
      throw Refused.badField("dimensions", "must be at most " + MAX_DIMENSIONS);
    }
    long tokens = inputs.stream().mapToLong(Prompt::tokens).sum();
    return new Wanted(model, inputs, (int) dimensions, base64(body), tokens);
  }

  /// A text, or one as tokens, or a list of these.
  private static List<Prompt> inputs(Json input) throws Refused {
    if (input instanceof Json.Arr list
        && !list.items().isEmpty()
        && !(list.items().getFirst() instanceof Json.Num)) {
      if (list.items().size() > MAX_INPUTS) {
        throw Refused.badField("input", "at most " + MAX_INPUTS + " texts");
      }
      return list.items().stream().map(item -> Prompt.of(Optional.of(item))).toList();
    }
    boolean empty = input instanceof Json.Arr list && list.items().isEmpty();
    if (!empty && (input instanceof Json.Arr || input instanceof Json.Str)) {
      return List.of(Prompt.of(Optional.of(input)));
    }
    throw Refused.badField("input", "must be a string, or a list of strings or tokens");
  }

  private static boolean base64(Document body) throws Refused {
    Json format = body.get("encoding_format").orElse(new Json.Str("float", 0));
    if (format instanceof Json.Str name && name.value().matches("float|base64")) {
      return name.value().equals("base64");
    }
    throw Refused.badField("encoding_format", "must be \"float\" or \"base64\"");
  }

  private static String text(Wanted wanted) {
    var json = new JsonWriter().object().name("object").value("list").name("data").array();
    for (int i = 0; i < wanted.inputs().size(); i++) {
      json.object().name("object").value("embedding").name("index").value(i).name("embedding");
      float[] vector = vector(wanted.inputs().get(i).hash(), wanted.dimensions());
      if (wanted.base64()) {
        json.value(base64(vector));
      } else {
        json.array();
        for (float part : vector) {
          // Through text, or the digits beyond a float's precision would be written too.
          json.value(Double.parseDouble(Float.toString(part)));
        }
        json.endArray();
      }
      json.endObject();
    }
    json.endArray().name("model").value(wanted.model()).name("usage").object();
    json.name("prompt_tokens").value(wanted.tokens()).name("total_tokens").value(wanted.tokens());
    return json.endObject().endObject().toString();
  }

  /// Of length 1.
  private static float[] vector(long seed, int dimensions) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] parts = random.doubles(dimensions, -1, 1).toArray();
    double square = 0;
    for (double part : parts) {
      square += part * part;
    }
    float[] vector = new float[dimensions];
    for (int i = 0; i < dimensions; i++) {
      vector[i] = (float) (parts[i] / Math.sqrt(square));
    }
    return vector;
  }

  private static String base64(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES);
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
