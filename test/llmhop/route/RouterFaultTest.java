package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import llmhop.caller.Caller;
import llmhop.caller.Gate;
import llmhop.http.wire.Fields;
import llmhop.http.wire.HeapBudget;
import llmhop.http.wire.SegmentPool;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ServerLog;
import llmhop.kit.Waiting;
import llmhop.observe.EndedBy;
import llmhop.observe.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/// What the router does when its own code fails.
@ResourceLock(ServerLog.NAME)
class RouterFaultTest {
  private final List<Outcome> outcomes = Collections.synchronizedList(new ArrayList<>());
  private final ByteArrayOutputStream faults = new ByteArrayOutputStream();
  private final Lifecycle lifecycle = new Lifecycle();

  private final ServerLog serverLog = new ServerLog();

  private Optional<Error> recordFault = Optional.empty();

  @AfterEach
  void giveTheServerLogBack() {
    serverLog.close();
  }

  private void record(Outcome outcome) {
    outcomes.add(outcome);
    if (recordFault.isPresent()) throw recordFault.get();
  }

  private Answer ask(Throwable fault, boolean afterTheHead) throws IOException {
    Local broken = (exchange, target) -> Optional.of(new BrokenPage(fault, afterTheHead));
    var browsers = new Browsers(List.of(), true);
    var rules = new RequestRules(1000, List.of());
    var routes = new Routes(Gate.OPEN, browsers, List.of(), Optional.empty(), rules);
    var setup =
        new RouterSetup(
            new BufferBudget(1_000_000, 1, new HeapBudget(64_000_000), System::nanoTime),
            SegmentPool.ofBytes(0),
            new Admission(10),
            "test",
            this::record,
            InstantSource.system(),
            System::nanoTime,
            RandomGenerator.getDefault(),
            new PrintStream(faults, true, StandardCharsets.UTF_8));
    var router = new Router(new AtomicReference<>(routes), broken, lifecycle, setup);
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      server.setExecutor(executor);
      server.createContext("/", router);
      server.start();
      return RawCaller.ask(server.getAddress().getPort(), Request.get("/x"));
    } finally {
      server.stop(0);
    }
  }

  private record BrokenPage(Throwable fault, boolean afterTheHead) implements Local.Page {
    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void answer(Exchange exchange, Caller caller, Routes routes) throws IOException {
      if (afterTheHead) {
        exchange.begin(200, "", new Fields(), java.util.OptionalLong.of(10));
        exchange.flush();
      }
      switch (fault) {
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        default -> throw new IllegalStateException(fault);
      }
    }
  }

  @Test
  void aFaultOfOursIsA500ThatTellsNothingAndALogThatTellsAll() throws IOException {
    for (Throwable fault :
        List.of(new IllegalStateException("inner secret"), new OutOfMemoryError("inner secret"))) {
      outcomes.clear();
      faults.reset();
      Answer answer = ask(fault, false);
      assertEquals(500, answer.status());
      assertEquals(Optional.of("internal_error"), answer.jsonString("code"));
      assertEquals(Optional.of("false"), answer.field("x-should-retry"));
      assertFalse(answer.text().contains("inner secret"));
      String id = answer.field("X-Request-Id").orElseThrow();
      assertTrue(answer.text().contains(id), "the caller can quote the id");
      String log = faults.toString(StandardCharsets.UTF_8);
      assertTrue(log.contains(id) && log.contains("inner secret"), log);
      assertEquals(EndedBy.ROUTER, outcomes.getFirst().endedBy());
      assertEquals(0, lifecycle.inFlight());
    }
    assertEquals(List.of(), serverLog.records());
  }

  @Test
  void aRequestThatCannotBeRecordedIsNotInHandForEver() throws IOException {
    var fault = new OutOfMemoryError("no memory for the record");
    recordFault = Optional.of(fault);
    assertEquals(500, ask(new IllegalStateException("x"), false).status());
    assertEquals(0, lifecycle.inFlight());
    Waiting.await("the server to report the fault", () -> !serverLog.records().isEmpty());
    assertEquals(1, serverLog.records().size());
    assertSame(fault, serverLog.records().getFirst().getThrown());
    assertEquals("a handler failed", serverLog.records().getFirst().getMessage());
  }

  @Test
  void aFaultAfterTheHeadCutsTheAnswer() throws IOException {
    Answer answer = ask(new IllegalStateException("late"), true);
    assertEquals(200, answer.status());
    assertEquals(Answer.End.CUT, answer.end());
    assertEquals(Optional.of("internal_error"), outcomes.getFirst().error());
    assertEquals(List.of(), serverLog.records());
  }
}
