package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClosedPathsTest {
  private final ClosedPaths closed = new ClosedPaths(List.of());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/pause",
        "/resume",
        "/sleep",
        "/wake_up",
        "/collective_rpc",
        "/scale_elastic_ep",
        "/reset_prefix_cache",
        "/reset_mm_cache",
        "/v1/load_lora_adapter",
        "/v1/unload_lora_adapter",
        "/invocations",
        "/flush_cache",
        "/pause_generation",
        "/abort_request",
        "/update_weights_from_disk",
        "/update_weights",
        "/load_lora_adapter",
        "/server_info",
        "/slots",
        "/slots/0",
        "/lora-adapters",
        "/models/load",
        "/api/pull",
        "/api/push",
        "/api/create",
        "/api/delete",
        "/api/copy",
        "/%73leep",
        "//sleep",
        "/SLEEP/",
        "/v1/../sleep",
        "/%2573leep",
        "/sleep;x=1",
        "/sleep.",
        "/sleep%00",
        "/api/blobs/sha256:0"
      })
  void enginesAdminPathsAreClosedInEverySpelling(String path) {
    assertTrue(closed.closes("POST", path));
    assertTrue(closed.closes("GET", path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/chat/completions",
        "/sleepy",
        "/v1/sleep",
        "/tokenize",
        "/api/chat",
        "/resume_later",
        "/reset_cache_x",
        "/metrics",
        "/v1/models"
      })
  void inferencePathsAreOpen(String path) {
    assertFalse(closed.closes("POST", path));
  }

  @Test
  void noPathThatEnginesAnswerByModelIsClosed() {
    for (String path : ModelName.BY_MODEL) {
      // A slash at the end takes the longer way, by the rules.
      assertFalse(closed.closes("POST", path + "/"), path);
      assertFalse(closed.closes("POST", path), path);
    }
  }

  @ParameterizedTest
  @CsvSource({"POST, true", "post, true", "GET, false"})
  void propsAreClosedForWritingOnly(String method, boolean expected) {
    assertEquals(expected, closed.closes(method, "/props"));
  }

  @Test
  void allowPathsOpensWhatItNamesAndNothingElse() {
    var opened = new ClosedPaths(List.of("/sleep", "/reset_*_cache"));
    assertFalse(opened.closes("POST", "/%73leep"));
    assertFalse(opened.closes("POST", "/reset_mm_cache"));
    assertTrue(opened.closes("POST", "/wake_up"));
  }
}
