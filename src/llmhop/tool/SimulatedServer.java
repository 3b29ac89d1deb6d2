package llmhop.tool;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import llmhop.json.JsonWriter;

/// The simulated inference server: finds who answers a path, and sees to it that every request is
/// logged, also one that fails, and one whose caller leaves.
final class SimulatedServer implements AutoCloseable {
  private static final String ONE_MODEL = "/v1/models/";
  private static final int BACKLOG = 4_096;
  // What the access logs of routers say of a caller that left before it had its answer.
  private static final int CALLER_LEFT = 499;

  /// What is done for one path.
  private interface Answerer {
    void answer(Call call) throws IOException, Refused;
  }

  private record Route(String method, Answerer answerer) {}

  private final HttpServer front;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtWork atWork = new AtWork();
  private final AtomicLong requests = new AtomicLong();
  private final Map<String, Route> routes = new HashMap<>();
  private final Duration drain;
  private final Time time;
  private final HangUps hangUps;
  private final PrintStream log;
  private final Engine engine;
  private final Bodies bodies;
  private final Catalog catalog;
  private final SimMetrics metrics;

  private SimulatedServer(
      HttpServer front, SimSettings settings, Time time, HangUps hangUps, PrintStream log) {
    RunQueue queue = new RunQueue(settings.maxRunning(), settings.models());
    this.front = front;
    this.drain = settings.drain();
    this.time = time;
    this.hangUps = hangUps;
    this.log = log;
    this.bodies = Bodies.sized();
    PrefixCache cache = new PrefixCache(settings.prefixCacheTokens(), settings.models());
    this.engine = new Engine(settings, time, queue, cache, bodies);
    this.catalog = new Catalog(settings.models(), time.instant());
    this.metrics = new SimMetrics(settings.models(), queue, cache);
    addRoutes();
  }

  /// Listens and answers, until it is closed.
  ///
  /// @param log a line for every request
  static SimulatedServer start(SimSettings settings, Time time, HangUps hangUps, PrintStream log)
      throws IOException {
    var address = new InetSocketAddress(settings.host(), settings.port());
    if (address.isUnresolved()) {
      throw new IOException("unknown host");
    }
    HttpServer front = HttpServer.create(address, BACKLOG);
    var server = new SimulatedServer(front, settings, time, hangUps, log);
    front.setExecutor(server.threads);
    front.createContext("/", server::handle);
    front.start();
    return server;
  }

  InetSocketAddress address() {
    return front.getAddress();
  }

  /// Ends as vLLM's uvicorn does: takes no more connections, closes the idle ones, and returns when
  /// the last request is over. What still runs after the time for that is cut off.
  void stop() {
    long end = time.nanos() + drain.toNanos();
    // On a thread of its own: it waits for callers that have their answer and don't close, too.
    int longest = (int) drain.toSeconds() + 1;
    Thread.ofVirtual().name("stop").start(() -> front.stop(longest));
    atWork.awaitNone(time, end);
    close();
  }

  /// Ends at once, whatever runs.
  @Override
  public void close() {
    threads.shutdownNow();
    front.stop(0);
  }

  private void addRoutes() {
    get("/health", call -> call.answer(200, "text/plain", ""));
    get("/metrics", call -> call.answer(200, SimMetrics.CONTENT_TYPE, metrics.text()));
    get("/v1/models", catalog::list);
    text("/v1/chat/completions", new ChatForm());
    text("/v1/completions", new CompletionForm());
    text("/v1/responses", new ResponsesForm());
    text("/v1/messages", new MessagesForm());
    post("/v1/messages/count_tokens", this::countTokens);
    text("/api/chat", new OllamaForm(OllamaForm.Kind.CHAT));
    text("/api/generate", new OllamaForm(OllamaForm.Kind.GENERATE));
    post("/v1/embeddings", new Embeddings(engine, bodies)::answer);
    post("/v1/audio/transcriptions", new Transcriptions(engine, bodies)::answer);
  }

  private void text(String path, TextForm form) {
    post(path, call -> engine.generate(call, form));
  }

  private void post(String path, Answerer answerer) {
    routes.put(path, new Route("POST", answerer));
  }

  private void get(String path, Answerer answerer) {
    routes.put(path, new Route("GET", answerer));
  }

  /// Whatever goes wrong here leaves as an IOException: the front then ends the connection, where a
  /// close of the exchange would look like the answer's proper end.
  private void handle(HttpExchange exchange) throws IOException {
    Presence presence = new Presence(time);
    Call call = new Call(exchange, presence, "sim-" + requests.incrementAndGet());
    hangUps.watch(exchange, presence::leave);
    atWork.begin();
    try {
      answer(call);
      over(call, call.status(), "");
    } catch (Engine.DroppedException e) {
      metrics.dropped();
      over(call, call.status(), " dropped on purpose");
      throw e;
    } catch (IOException e) {
      if (!threads.isShutdown()) {
        metrics.cancelled();
        log("cancelled " + call.id() + " after " + call.tokens() + " tokens");
        over(call, CALLER_LEFT, "");
      }
      throw e;
    } catch (RuntimeException | Error e) {
      over(call, call.status(), " failed: " + e.getClass().getName() + place(e));
      throw new IOException(e);
    } finally {
      atWork.end();
    }
  }

  private void answer(Call call) throws IOException {
    try {
      route(call);
    } catch (Refused e) {
      call.json(e.status(), ErrorShape.of(call.path()).render(e));
    }
  }

  private void route(Call call) throws IOException, Refused {
    Route route = routes.get(call.path());
    if (route != null) {
      check(call, route.method());
      route.answerer().answer(call);
    } else if (call.path().startsWith(ONE_MODEL)) {
      check(call, "GET");
      String model = call.path().substring(ONE_MODEL.length());
      engine.known(model);
      catalog.one(call, model);
    } else {
      throw Refused.unknownPath(call.path());
    }
  }

  private static void check(Call call, String method) throws Refused {
    boolean right =
        call.method().equals(method) || (method.equals("GET") && call.method().equals("HEAD"));
    if (!right) {
      call.allow(method);
      throw Refused.wrongMethod(method);
    }
  }

  private void countTokens(Call call) throws IOException, Refused {
    Ask ask = call.body(bodies, bytes -> MessagesForm.readPrompt(Document.parse(bytes), 0));
    call.isFor(ask.model());
    engine.known(ask.model());
    var json = new JsonWriter().object().name("input_tokens").value(ask.prompt().tokens());
    call.json(200, json.endObject());
  }

  /// Probes come every second or so and would drown the rest: they are logged when they fail.
  private void over(Call call, int status, String remark) {
    boolean probe = call.path().equals("/health") || call.path().equals("/metrics");
    if (probe && status == 200) {
      return;
    }
    metrics.over(call);
    log(
        "%s %s %s %d %d tokens %s%s"
            .formatted(
                Text.printable(call.method(), 16),
                Text.printable(call.path(), 128),
                Text.printable(call.model(), 128),
                status,
                call.tokens(),
                call.id(),
                remark));
  }

  private static String place(Throwable e) {
    return Arrays.stream(e.getStackTrace()).findFirst().map(frame -> " at " + frame).orElse("");
  }

  /// One print, so that lines of two requests never mix.
  private void log(String line) {
    log.print(line + "\n");
    log.flush();
  }
}
