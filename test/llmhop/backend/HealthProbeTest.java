package llmhop.backend;

import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.config.HealthCheck;
import llmhop.kit.ScriptedBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// How many answers to its probe take a backend out and bring it back.
class HealthProbeTest {
  private static final HealthCheck CHECK =
      new HealthCheck("/health", Duration.ofSeconds(1), Duration.ofSeconds(5), 3, 2);

  private final Fleets fleets = new Fleets();
  private ScriptedBackend server;
  private Fleet fleet;
  private Backend backend;
  private HealthProbe probe;

  @BeforeEach
  void start() throws IOException {
    server = ScriptedBackend.onTcp();
    fleet = fleets.of("'url': '" + server.url() + "/base', 'health': {}");
    backend = fleet.backends().getFirst();
    probe = new HealthProbe(CHECK, backend);
  }

  @AfterEach
  void end() {
    fleet.close();
    server.close();
  }

  private void probed(int... statuses) {
    for (int status : statuses) {
      server.next(answerJson(status, "{}"));
      probe.run();
    }
  }

  @Test
  void theUrlsOwnPathComesFirst() {
    probed(200);
    assertEquals("/base/health", server.request(1).target());
  }

  @Test
  void threeBadAnswersInARowTakeItOutAndTwoGoodOnesBringItBack() {
    probed(500, 500, 200, 500, 500);
    assertTrue(backend.health().isUp());
    probed(404);
    assertFalse(backend.health().isOpen());
    probed(200, 503, 200);
    assertFalse(backend.health().isOpen());
    probed(204);
    assertTrue(backend.health().isUp());
  }

  @Test
  void goodAnswersOfBeforeDoNotCountWhereRequestsFoundItDown() {
    probed(200, 200, 200, 200);
    for (int i = 0; i < 3; i++) backend.health().broke(false, "reset");
    probed(200);
    assertFalse(backend.health().isUp());
    probed(200);
    assertTrue(backend.health().isUp());
  }

  @Test
  void aPatrolGoesOnWhateverHappensInARound() throws InterruptedException {
    var rounds = new AtomicInteger();
    var third = new CountDownLatch(3);
    try (var patrol =
        new Patrol(
            "test",
            false,
            Duration.ofMillis(10),
            bound -> 0,
            () -> {
              third.countDown();
              if (rounds.incrementAndGet() == 1) throw new OutOfMemoryError("on purpose");
              throw new IllegalStateException("on purpose");
            })) {
      patrol.start();
      assertTrue(third.await(20, TimeUnit.SECONDS));
    }
  }
}
