package llmhop.tool;

import java.io.IOException;
import java.util.Optional;
import llmhop.json.JsonWriter;

/// `POST /v1/audio/transcriptions` as OpenAI's API reference has it, `response_format` being `json`
/// or `text`. It hears nothing: the answer says which file came, and how long it was.
final class Transcriptions {
  private static final int BYTES_PER_TOKEN = 1_000;

  /// What is asked for.
  private record Wanted(String model, String text, boolean plain, long tokens) {}

  private final Engine engine;
  private final Bodies bodies;

  Transcriptions(Engine engine, Bodies bodies) {
    this.engine = engine;
    this.bodies = bodies;
  }

  void answer(Call call) throws IOException, Refused {
    String contentType = call.contentType().orElse("");
    Wanted wanted = call.body(bodies, bytes -> read(MultipartForm.parse(contentType, bytes)));
    String type = wanted.plain() ? "text/plain; charset=utf-8" : "application/json";
    engine.prefill(call, wanted.model(), wanted.tokens(), type, text(wanted));
  }

  private static Wanted read(MultipartForm form) throws Refused {
    Optional<String> model = form.text("model");
    Optional<MultipartForm.Part> file = form.get("file").filter(p -> p.filename().isPresent());
    if (model.isEmpty()) {
      throw Refused.badField("model", "field required");
    }
    if (file.isEmpty()) {
      throw Refused.badField("file", "must be the part of a file");
    }
    String format = form.text("response_format").orElse("json");
    if (!format.equals("json") && !format.equals("text")) {
      throw Refused.badField("response_format", "the simulator knows \"json\" and \"text\"");
    }
    String name = Text.cut(file.get().filename().orElse(""), 256);
    int length = file.get().bytes();
    String text =
        "[simulated %s] I heard %d bytes of \"%s\"."
            .formatted(Text.cut(model.get(), 256), length, name);
    return new Wanted(model.get(), text, format.equals("text"), 1 + length / BYTES_PER_TOKEN);
  }

  private static String text(Wanted wanted) {
    return wanted.plain()
        ? wanted.text() + "\n"
        : new JsonWriter().object().name("text").value(wanted.text()).endObject().toString();
  }
}
