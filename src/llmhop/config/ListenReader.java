package llmhop.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import llmhop.json.Json;

/// Reads where callers connect to: `listen`, or `host` and `port` as llmhop 2.x has them.
final class ListenReader {
  private static final String EXPECTED = "an address like \":8080\", or a list of them";

  // llmhop's.
  private static final int DEFAULT_PORT = 8080;

  private ListenReader() {}

  static List<Listen> read(Section file) {
    if (!file.has("listen")) {
      return List.of(hostAndPort(file));
    }
    for (String key : List.of("host", "port")) {
      file.get(key).ifPresent(c -> c.problem("\"listen\" says this already, keep one of the two"));
    }
    return file.get("listen").map(ListenReader::listen).orElse(List.of());
  }

  private static List<Listen> listen(Cursor cursor) {
    if (cursor.json() instanceof Json.Str) {
      return cursor.parsed(Listen::parse).map(List::of).orElse(List.of());
    }
    List<Listen> found = new ArrayList<>();
    Map<String, Cursor> seen = new HashMap<>();
    for (Cursor item : cursor.items(EXPECTED, "an empty list, name at least one address")) {
      item.parsed(Listen::parse)
          .ifPresent(
              listen -> {
                found.add(listen);
                checkTwice(seen, listen, item);
              });
    }
    return found;
  }

  /// The text names the place: one socket with two modes is the same place twice.
  private static void checkTwice(Map<String, Cursor> seen, Listen listen, Cursor item) {
    Cursor first = seen.putIfAbsent(listen.toString(), item);
    if (first != null) {
      item.problem("the same as " + first.place());
    }
  }

  private static Listen hostAndPort(Section file) {
    String host = file.get("host").flatMap(c -> c.parsed(ListenReader::host)).orElse("");
    long port = file.get("port").flatMap(c -> c.wholeNumber(0, 65535)).orElse(0L);
    return new Listen.Tcp(host, port == 0 ? DEFAULT_PORT : (int) port);
  }

  private static String host(String text) {
    Checks.that(!text.startsWith("["), "write an IPv6 address without brackets here");
    Checks.that(text.isEmpty() || Hosts.isHost(text), "not a host name or an IP address");
    return text;
  }
}
