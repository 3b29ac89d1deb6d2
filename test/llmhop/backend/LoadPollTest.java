package llmhop.backend;

import static llmhop.kit.Steps.answer;
import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalLong;
import llmhop.config.LoadSource;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import org.junit.jupiter.api.Test;

/// What is read out of engines' own words for their load, and how long it counts.
class LoadPollTest {
  private static final String VLLM =
      """
      # HELP vllm:num_requests_running Number of requests in model execution batches.
      # TYPE vllm:num_requests_running gauge
      vllm:num_requests_running{engine="0",model_name="a }b"} 3.0
      vllm:num_requests_running{engine="1",model_name="a }b"} 2.0 1700000000
      vllm:num_requests_waiting{engine="0",model_name="a }b"} 4.0
      vllm:num_requests_waiting_by_reason{engine="0"} 99.0
      vllm:kv_cache_usage_perc{engine="0"} 0.5
      """;

  private static OptionalLong metrics(String text) {
    return LoadPoll.ofMetrics(
        text.getBytes(StandardCharsets.UTF_8),
        "vllm:num_requests_running",
        "vllm:num_requests_waiting");
  }

  private static OptionalLong loads(String json) {
    return LoadPoll.ofLoads(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void runningAndWaitingOfAllEnginesAreAddedUp() {
    assertEquals(OptionalLong.of(9), metrics(VLLM));
  }

  @Test
  void withoutLabelsItIsTheSame() {
    assertEquals(OptionalLong.of(1), metrics("vllm:num_requests_running 1\n"));
    assertEquals(
        OptionalLong.of(5),
        LoadPoll.ofMetrics(
            "llamacpp:requests_processing 2\nllamacpp:requests_deferred 3\n"
                .getBytes(StandardCharsets.UTF_8),
            "llamacpp:requests_processing",
            "llamacpp:requests_deferred"));
  }

  @Test
  void nonsenseSaysNothing() {
    assertEquals(OptionalLong.empty(), metrics(""));
    assertEquals(OptionalLong.empty(), metrics("<html>404</html>"));
    assertEquals(OptionalLong.empty(), metrics("vllm:num_requests_running{"));
    for (String value : new String[] {"NaN", "-1", "1e300", "x", "+Inf", ""}) {
      assertEquals(OptionalLong.empty(), metrics("vllm:num_requests_running " + value), value);
    }
  }

  @Test
  void sglangTellsALoadPerWorker() {
    assertEquals(
        OptionalLong.of(10),
        loads(
            """
            {"loads": [{"num_running_reqs": 2, "num_waiting_reqs": 1, "token_usage": 0.5},
                       {"num_running_reqs": 3, "num_waiting_reqs": 4}],
             "aggregate": {"num_running_reqs": 99}}\
            """));
    assertEquals(OptionalLong.of(2), loads("[{\"num_running_reqs\": 2}]"));
    assertEquals(OptionalLong.of(3), loads("{\"num_waiting_reqs\": 3}"));
    assertEquals(OptionalLong.empty(), loads("{\"loads\": []}"));
    assertEquals(OptionalLong.empty(), loads("{\"loads\": [{\"num_running_reqs\": -1}]}"));
    assertEquals(OptionalLong.empty(), loads("nope"));
  }

  private void assertBusyAfter(LoadSource.Engine engine, Step step, String target, int busy)
      throws IOException {
    var fleets = new Fleets();
    try (ScriptedBackend server = ScriptedBackend.onTcp();
        Fleet fleet = fleets.of("'urls': ['" + server.url() + "', 'http://b:1']")) {
      server.always(step);
      Backend backend = fleet.backends().getFirst();
      new LoadPoll(new LoadSource(engine, Duration.ofSeconds(2)), backend, fleets.clock).run();
      assertEquals(target, server.request(1).target());
      assertEquals(busy, backend.busy(fleets.clock.getAsLong()));
      fleets.pass(Duration.ofSeconds(6).minusNanos(1));
      assertEquals(busy, backend.busy(fleets.clock.getAsLong()), "three rounds long");
      fleets.pass(Duration.ofNanos(1));
      assertEquals(0, backend.busy(fleets.clock.getAsLong()), "and no longer");
    }
  }

  @Test
  void eachEngineIsAskedInItsOwnWay() throws IOException {
    byte[] metrics = VLLM.getBytes(StandardCharsets.UTF_8);
    assertBusyAfter(
        LoadSource.Engine.VLLM, answer(200, metrics, "Content-Type: text/plain"), "/metrics", 9);
    String loads = "{\"loads\":[{\"num_running_reqs\":2}]}";
    assertBusyAfter(LoadSource.Engine.SGLANG, answerJson(200, loads), "/v1/loads", 2);
    byte[] llama = "llamacpp:requests_deferred 4\n".getBytes(StandardCharsets.UTF_8);
    assertBusyAfter(LoadSource.Engine.LLAMACPP, answer(200, llama), "/metrics", 4);
  }

  @Test
  void anEngineThatDoesNotTellIsJudgedByWhatWeHaveThere() throws IOException {
    assertBusyAfter(LoadSource.Engine.VLLM, answerJson(404, "{}"), "/metrics", 0);
    assertBusyAfter(
        LoadSource.Engine.LLAMACPP,
        answer(501, "llamacpp:requests_deferred 4".getBytes(StandardCharsets.UTF_8)),
        "/metrics",
        0);
  }
}
