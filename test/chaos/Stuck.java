package chaos;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Uploads that stream to a backend which has stopped reading, as many as the router takes
/// requests. Their callers leave: small ones are seen at once, large ones when `send` is over.
final class Stuck implements Scenario {

  private static final int UPLOADS = 20;
  private static final int SEND_SECONDS = 4;
  private static final int SEEN_MILLIS = 1_500;
  private static final int SMALL = 4_000_000;
  private static final int LARGE = 24_000_000;
  private static final int PIECE = 64 * 1024;

  @Override
  public String name() {
    return "stuck";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    Scripts scripts = lab.scripts(Script.DEAF, Script.GOOD);
    String models =
        "{\"deaf\": {\"url\": %s, \"timeouts\": {\"send\": \"%ds\"}}, \"good\": {\"url\": %s}}"
            .formatted(scripts.url(Script.DEAF), SEND_SECONDS, scripts.url(Script.GOOD));
    String keys = "\"maxConcurrentRequests\": " + UPLOADS + ",";
    Router router = lab.router(lab.freePort(), "", keys, models);
    List<Row> rows = new ArrayList<>();
    rows.add(row(router, "stuck: uploads of 4 MB", SMALL, SEEN_MILLIS));
    rows.add(row(router, "stuck: uploads of 24 MB", LARGE, (SEND_SECONDS + 3) * 1_000));
    return rows;
  }

  private static Row row(Router router, String title, int size, int freeMillis)
      throws IOException, InterruptedException {
    List<Socket> callers = new ArrayList<>();
    for (int i = 0; i < UPLOADS; i++) {
      Socket caller = new Socket("127.0.0.1", router.port());
      callers.add(caller);
      Thread.startVirtualThread(() -> upload(caller, size));
    }
    boolean full = Waiting.until(3_000, () -> router.inFlight() == UPLOADS);
    Thread.sleep(1_000);
    for (Socket caller : callers) caller.close();
    boolean free = Waiting.until(freeMillis, () -> router.inFlight() == 0);
    Tally after = new Tally();
    Load load = Load.start(router, 50, after, i -> Ask.of("good"));
    Thread.sleep(500);
    load.stop();
    return new Row(title, after, "all slots free within " + freeMillis + " ms, then answered")
        .mustAnswerAll()
        .must(full, "the uploads did not take all slots: nothing was tried")
        .must(free, router.inFlight() + " slots are still taken");
  }

  private static void upload(Socket caller, int size) {
    String head =
        "POST /route/deaf/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + size + "\r\n\r\n";
    try {
      caller.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      byte[] piece = new byte[PIECE];
      for (int left = size; left > 0; left -= PIECE) {
        caller.getOutputStream().write(piece, 0, Math.min(PIECE, left));
      }
    } catch (IOException e) {
      // It has left.
    }
  }
}
