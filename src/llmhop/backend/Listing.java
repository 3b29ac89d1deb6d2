package llmhop.backend;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import llmhop.http.upstream.UpstreamException;
import llmhop.json.Json;
import llmhop.json.JsonException;

/// The models that a backend says that it serves, with their [PublishedFields]: its `GET
/// /v1/models`, asked for at an interval and kept in memory, so that no request waits for it.
/// Written by one thread, read by all.
final class Listing {
  /// A list of a thousand models with all that vLLM says of each.
  private static final int MOST_BYTES = 1024 * 1024;

  /// The most models that are taken from a list.
  static final int MOST_MODELS = 1000;

  private static final int LONGEST_NAME = 256;
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final Backend backend;
  private final Consumer<String> news;
  private boolean unfit;
  private final CountDownLatch first = new CountDownLatch(1);

  /// @param news is told when a list can't be used, once
  Listing(Backend backend, Consumer<String> news) {
    this.backend = backend;
    this.news = news;
  }

  /// Asks once. A bad answer leaves the last good one as it is.
  ///
  /// @return whether it was a good one
  boolean run() {
    try {
      Question.Answer answer = Question.ask(backend, "/v1/models", TIMEOUT, MOST_BYTES);
      if (!answer.isFine()) {
        return unfit("status " + answer.status());
      }
      if (answer.body().isEmpty()) {
        return unfit("it is longer than " + MOST_BYTES + " bytes");
      }
      Json list = Json.parse(answer.body().get());
      if (!(list instanceof Json.Obj object
          && object.get("data").orElse(null) instanceof Json.Arr data)) {
        return unfit("it has no \"data\"");
      }
      backend.lists(models(data));
      unfit = false;
      return true;
    } catch (JsonException e) {
      return unfit("it is not JSON");
    } catch (UpstreamException e) {
      // What it said last stands; whether it is well is for others to find out.
      return false;
    } finally {
      first.countDown();
    }
  }

  private boolean unfit(String why) {
    if (!unfit) {
      unfit = true;
      news.accept(backend.label() + "'s list of models can't be used: " + why);
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
  private static Map<String, Json.Obj> models(Json.Arr list) {
    Map<String, Json.Obj> models = new LinkedHashMap<>();
    for (Json item : list.items()) {
      if (item instanceof Json.Obj model
          && model.get("id").orElse(null) instanceof Json.Str id
          && isName(id.value())
          && models.size() < MOST_MODELS) {
        models.putIfAbsent(id.value(), PublishedFields.of(model));
      }
    }
    return Collections.unmodifiableMap(models);
  }

  private static boolean isName(String text) {
    boolean fits = !text.isEmpty() && text.length() <= LONGEST_NAME;
    for (int i = 0; i < text.length() && fits; i += Character.charCount(text.codePointAt(i))) {
      int point = text.codePointAt(i);
      boolean half = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
      fits = !Character.isISOControl(point) && !half;
    }
    return fits;
  }
}
