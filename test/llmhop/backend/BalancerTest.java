package llmhop.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import llmhop.config.Endpoint;
import llmhop.config.Scheme;
import llmhop.http.upstream.Origin;
import llmhop.http.upstream.Resolver;
import llmhop.http.upstream.Settings;
import llmhop.http.upstream.Upstream;
import org.junit.jupiter.api.Test;

class BalancerTest {
  private static Backend backend(String label, int weight) {
    return backend(label, weight, "", false);
  }

  private static Backend backend(String label, int weight, String path, boolean replacesV1) {
    var endpoint =
        new Endpoint(Scheme.HTTP, "localhost", 1, "", path, replacesV1, weight, List.of());
    var settings =
        new Settings(
            java.time.Duration.ofSeconds(1),
            java.time.Duration.ofSeconds(1),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Resolver.SYSTEM);
    var origin = new Origin(Origin.Kind.HTTP, "localhost", 1, "");
    var upstream = new Upstream(origin, settings, () -> 0);
    return new Backend(label, endpoint, List.of(), false, upstream);
  }

  @Test
  void aSingleBackendIsAlwaysTheAnswer() {
    Balancer only = Balancer.of(List.of(backend("a", 3)));
    assertSame(only.candidates(), only.candidates());
    assertEquals("a", only.candidates().getFirst().label());
  }

  @Test
  void turnsAreSmoothAndFollowTheWeights() {
    Balancer turns = Balancer.of(List.of(backend("a", 5), backend("b", 1), backend("c", 1)));
    List<String> firsts = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      firsts.add(turns.candidates().getFirst().label());
    }
    assertEquals("a a b a c a a", String.join(" ", firsts));
  }

  @Test
  void everyCandidateComesOnce() {
    Balancer turns = Balancer.of(List.of(backend("a", 1), backend("b", 2), backend("c", 1)));
    for (int i = 0; i < 20; i++) {
      var labels = turns.candidates().stream().map(Backend::label).collect(Collectors.toSet());
      assertEquals(3, labels.size());
      assertEquals(3, turns.candidates().size());
    }
  }

  @Test
  void aPathIsJoinedAsTheConfigSays() {
    assertEquals("/v1/x", backend("a", 1, "", false).path("/v1/x"));
    assertEquals("/api/v1/x", backend("a", 1, "/api", false).path("/v1/x"));
    assertEquals("/api/v1/x", backend("a", 1, "/api/v1", false).path("/v1/x"));
    assertEquals("/api/v1", backend("a", 1, "/api/v1", false).path("/v1"));
    assertEquals("/api/v1/v1x", backend("a", 1, "/api/v1", false).path("/v1x"));
    assertEquals("/api/v3/x", backend("a", 1, "/api/v3", true).path("/v1/x"));
    assertEquals("/api/v3/tokenize", backend("a", 1, "/api/v3", true).path("/tokenize"));
    assertEquals("/x", backend("a", 1, "", true).path("/v1/x"));
    assertEquals("/", backend("a", 1, "", true).path("/v1"));
  }
}
