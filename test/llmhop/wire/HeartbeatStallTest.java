package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.holdUntilHangUp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.locks.Condition;
import java.util.function.BooleanSupplier;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import llmhop.route.PassingTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A caller that reads nothing, not even heartbeats, which come here as fast as they can.
@Timeout(60)
class HeartbeatStallTest {
  private static final PassingTime FLOOD =
      new PassingTime() {
        @Override
        public long getAsLong() {
          return System.nanoTime();
        }

        @Override
        public boolean pass(Condition told, BooleanSupplier enough, long nanos)
            throws InterruptedException {
          return PassingTime.super.pass(told, enough, 1);
        }
      };

  private static Request chat(String more) {
    return Request.post("/v1/chat/completions", "{\"model\":\"llama\"" + more + "}");
  }

  @Test
  void whoDoesNotReadThemIsCutOffAndHoldsNobodyElseUp() throws IOException {
    try (ScriptedBackend backend = ScriptedBackend.onTcp()) {
      String model = "{'url': '" + backend.url() + "', 'heartbeat': '1s'}";
      String config =
          "{'log': 'json', 'http': {'writeStall': '700ms'}, 'models': {'llama': " + model + "}}";
      backend.next(holdUntilHangUp());
      backend.next(answerJson(200, "{}"));
      try (var router = RouterUnderTest.of(config, Entrance.TCP, FLOOD);
          var stalled = new Socket()) {
        stalled.setReceiveBufferSize(1024);
        stalled.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), router.port()));
        stalled.getOutputStream().write(chat(",\"stream\":true").bytes());
        backend.awaitRequests(1);
        assertEquals("{}", router.ask(chat("")).text());
        backend.awaitHangUp(1);
        Waiting.await("its line in the log", () -> router.out().contains("\"status\":499"));
        assertTrue(router.out().contains("\"ended_by\":\"caller\""), router::out);
      }
    }
  }
}
