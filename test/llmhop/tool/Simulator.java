package llmhop.tool;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import llmhop.json.Json;
import llmhop.json.JsonException;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;

/// A simulator under test on a free port, with the models `llama` and `org/qwen`.
final class Simulator implements AutoCloseable {
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final List<Runnable> hangUps = new CopyOnWriteArrayList<>();
  private final TestTime time;
  private final SimulatedServer server;

  private Simulator(TestTime time, String... options) {
    this.time = time;
    List<String> all =
        new ArrayList<>(List.of("--port=0", "--model", "llama", "--model", "org/qwen"));
    all.addAll(Arrays.asList(options));
    try {
      PrintStream out = new PrintStream(log, true, StandardCharsets.UTF_8);
      server = Simulate.start(SimOptions.parse(all, 1), time, this::watch, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (UsageException e) {
      throw new AssertionError(e);
    }
  }

  /// One whose waits take no time.
  static Simulator quick(String... options) {
    return new Simulator(TestTime.jumping(), options);
  }

  /// One whose time stands still until the test moves it.
  static Simulator standing(String... options) {
    return new Simulator(TestTime.standing(), options);
  }

  TestTime time() {
    return time;
  }

  RawCaller caller() {
    return RawCaller.to(server.address().getPort());
  }

  Answer ask(Request request) {
    return RawCaller.ask(server.address().getPort(), request);
  }

  Answer post(String path, String json) {
    return ask(Request.post(path, json));
  }

  Answer get(String path) {
    return ask(Request.get(path));
  }

  /// The value of a metric, whose name and labels are given as they are written.
  double metric(String name) {
    return get("/metrics")
        .text()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no metric " + name));
  }

  /// Does what a front does that sees the caller of the n-th exchange hang up.
  void noticeHangUp(int exchange) {
    hangUps.get(exchange).run();
  }

  List<String> log() {
    return log.toString(StandardCharsets.UTF_8).lines().toList();
  }

  void awaitLog(String line) {
    Waiting.await("the log line " + line, () -> log().contains(line), () -> log().toString());
  }

  /// Waits until so many exchanges wait for time to pass.
  void awaitWaiting(int exchanges) {
    Waiting.await(exchanges + " exchanges to wait for time", () -> time.waiting() == exchanges);
  }

  /// Begins to stop it, as a signal does.
  Thread stop() {
    InetSocketAddress address = server.address();
    Thread stopping = Thread.ofVirtual().start(server::stop);
    Waiting.await("new connections to be refused", () -> refuses(address));
    return stopping;
  }

  private static boolean refuses(InetSocketAddress address) {
    try (Socket _ = new Socket(address.getAddress(), address.getPort())) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private void watch(HttpExchange exchange, Runnable gone) {
    hangUps.add(gone);
  }

  @Override
  public void close() {
    server.close();
  }

  // ---- reading JSON

  static Json json(String text) {
    try {
      return Json.parse(text.getBytes(StandardCharsets.UTF_8));
    } catch (JsonException e) {
      throw new AssertionError(text, e);
    }
  }

  /// The value at the end of a path of names and indices, as text; `null` for a null, `absent` when
  /// there is none.
  static String at(Json json, Object... path) {
    Json here = json;
    for (Object step : path) {
      Json next =
          switch (here) {
            case Json.Obj object -> object.get(step.toString()).orElse(null);
            case Json.Arr list when (int) step < list.items().size() ->
                list.items().get((int) step);
            default -> null;
          };
      if (next == null) {
        return "absent";
      }
      here = next;
    }
    return switch (here) {
      case Json.Str string -> string.value();
      case Json.Num number -> number.text();
      case Json.Bool flag -> String.valueOf(flag.value());
      case Json.Null _ -> "null";
      case Json.Arr list -> "a list of " + list.items().size();
      case Json.Obj _ -> "an object";
    };
  }

  static String at(Answer answer, Object... path) {
    return at(json(answer.text()), path);
  }

  /// The data of all events of a stream, `[DONE]` left out.
  static List<Json> events(Answer answer) {
    return answer
        .text()
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> json(line.substring("data: ".length())))
        .toList();
  }

  /// The names of all events of a stream, one that is repeated at once only once.
  static List<String> eventNames(Answer answer) {
    List<String> names = new ArrayList<>();
    for (String line : answer.text().split("\n")) {
      if (line.startsWith("event: ")
          && !(names.size() > 0 && names.getLast().equals(line.substring(7)))) {
        names.add(line.substring(7));
      }
    }
    return names;
  }

  /// The texts at one place of all events, joined.
  static String joined(List<Json> events, Object... path) {
    StringBuilder all = new StringBuilder();
    for (Json event : events) {
      String text = at(event, path);
      all.append(text.equals("absent") || text.equals("null") ? "" : text);
    }
    return all.toString();
  }
}
