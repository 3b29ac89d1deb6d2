package llmhop.backend;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import llmhop.http.upstream.UpstreamException;
import llmhop.json.Json;
import llmhop.json.JsonException;

/// What models a backend says that it serves: its `GET /v1/models`, asked for now and then and kept
/// in memory, so that nobody has to wait for it. Written by one thread, read by all.
final class Listing {
  /// A list of a thousand models with all that vLLM says of each.
  private static final int MOST_BYTES = 1024 * 1024;

  /// The most models that are taken from a list.
  static final int MOST_MODELS = 1000;

  private static final int LONGEST_NAME = 256;
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final Backend backend;
  private final CountDownLatch first = new CountDownLatch(1);

  Listing(Backend backend) {
    this.backend = backend;
  }

  /// Asks once. A bad answer leaves the last good one as it is.
  ///
  /// @return whether it was a good one
  boolean run() {
    try {
      Question.Answer answer = Question.ask(backend, "/v1/models", TIMEOUT, MOST_BYTES);
      if (answer.isFine() && answer.body().isPresent()) {
        backend.lists(models(Json.parse(answer.body().get())));
        return true;
      }
    } catch (UpstreamException | JsonException e) {
      // What it said last stands; whether it is well is for others to find out.
    } finally {
      first.countDown();
    }
    return false;
  }

  /// Waits for the first answer, be it good or bad.
  ///
  /// @param due when to give up, as of [System#nanoTime]
  void awaitFirst(long due) {
    try {
      boolean came = first.await(due - System.nanoTime(), TimeUnit.NANOSECONDS);
      assert came || due - System.nanoTime() <= 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// The models of a list in OpenAI's shape, by name. What could not be a name here is left out.
  static Map<String, Json.Obj> models(Json list) {
    Map<String, Json.Obj> models = new LinkedHashMap<>();
    if (list instanceof Json.Obj object
        && object.get("data").orElse(null) instanceof Json.Arr data) {
      for (Json item : data.items()) {
        if (item instanceof Json.Obj model
            && model.get("id").orElse(null) instanceof Json.Str id
            && isName(id.value())
            && models.size() < MOST_MODELS) {
          models.putIfAbsent(id.value(), model);
        }
      }
    }
    return Collections.unmodifiableMap(models);
  }

  private static boolean isName(String text) {
    boolean clean = !text.isEmpty() && text.length() <= LONGEST_NAME;
    for (int i = 0; i < text.length() && clean; i++) {
      clean = !Character.isISOControl(text.charAt(i)) && !Character.isSurrogate(text.charAt(i));
    }
    return clean;
  }
}
