package llmhop.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import llmhop.backend.Hash64;
import llmhop.http.wire.Fields;
import llmhop.http.wire.HeapBudget;
import llmhop.http.wire.SegmentPool;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which bodies have an affinity, and that it stays with them.
class BodyAffinityTest {
  private static final Affinity.Wanted WANTED = new Affinity.Wanted(100, Set.of("user"));
  private static final String JSON = "{\"user\":\"anna\",\"prompt\":\"Hello\"}";

  private static OptionalLong hash(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return OptionalLong.of(Hash64.of(bytes, 0, bytes.length));
  }

  private static Affinity look(Fields fields, String body) {
    Look look = Look.of(fields, true, false, WANTED);
    byte[] text = body.getBytes(UTF_8);
    look.feed(text, 0, text.length);
    look.finish();
    return look.affinity();
  }

  private static Fields fields(String name, String value) {
    Fields fields = new Fields();
    fields.set(name, value);
    return fields;
  }

  private static void assertNone(Affinity affinity) {
    assertEquals(OptionalLong.empty(), affinity.prefix(100));
    assertEquals(OptionalLong.empty(), affinity.field("user"));
  }

  @Test
  void aJsonBodyHasOneAlsoWhereThePathNamesTheModel() {
    for (String before : new String[] {"", " \n", "\ufeff"}) {
      Affinity affinity = look(new Fields(), before + JSON);
      assertEquals(hash("Hello"), affinity.prefix(100));
      assertEquals(hash("anna"), affinity.field("user"));
    }
  }

  @Test
  void otherBodiesHaveNone() {
    assertNone(look(new Fields(), "no JSON"));
    assertNone(look(fields("Content-Encoding", "gzip"), JSON));
    String part = "--b\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nanna\r\n--b--\r\n";
    assertNone(look(fields("Content-Type", "multipart/form-data; boundary=b"), part));
  }

  @Test
  void aLookForNothingFindsNothingAndRefusesTheSame() {
    Look look = Look.of(new Fields(), false, false, Affinity.Wanted.NOTHING);
    look.feed(JSON.getBytes(UTF_8), 0, JSON.length());
    look.finish();
    assertNone(look.affinity());
    for (var wanted : new Affinity.Wanted[] {Affinity.Wanted.NOTHING, WANTED}) {
      Look broken = Look.of(new Fields(), false, false, wanted);
      byte[] text = "{\"prompt\":[\"a\",]}".getBytes(UTF_8);
      Refusal refusal = assertThrows(Refusal.class, () -> broken.feed(text, 0, text.length));
      assertEquals("invalid_json", refusal.code());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1000, 70_000, 300_000})
  void aBodyInMemoryKeepsItHoweverItCame(int blanks) throws Exception {
    String body = JSON.replace(":\"Hello\"", ":" + " ".repeat(blanks) + "\"Hello\"");
    Request request = Request.post("/x", body);
    for (Request sent : new Request[] {request, request.chunked(777)}) {
      Affinity affinity = read(sent);
      assertEquals(hash("Hello"), affinity.prefix(100));
      assertEquals(hash("anna"), affinity.field("user"));
    }
  }

  @Test
  void anEmptyBodyHasNone() throws Exception {
    assertNone(read(Request.post("/x", "")));
  }

  private static Affinity read(Request request) throws IOException, InterruptedException {
    BlockingQueue<Affinity> read = new LinkedBlockingQueue<>();
    var budget = new BufferBudget(8_000_000, 1, new HeapBudget(64_000_000), System::nanoTime);
    var reader = new BodyReader(budget, SegmentPool.ofBytes(1_000_000));
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        http -> {
          Exchange exchange = Exchange.accept(http, new Journal(System::nanoTime));
          Look look = Look.of(exchange.fields(), false, false, WANTED);
          try (RequestBody body = reader.read(exchange, look, new AnyShare(budget), 1_000_000)) {
            read.add(body.affinity());
          }
          http.sendResponseHeaders(204, -1);
          http.close();
        });
    server.start();
    try {
      assertEquals(204, RawCaller.ask(server.getAddress().getPort(), request).status());
      return read.take();
    } finally {
      server.stop(0);
    }
  }
}
