package llmhop.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/// Makes valid requests, and spoils them where readers have been known to differ.
final class Messages {
  private static final String BAIT = "GET /bait HTTP/1.1\r\nHost: bait\r\n\r\n";

  /// What is put somewhere, or in place of something.
  private static final String[] BITS = {
    "\r",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "\n\n",
    "\0",
    " ",
    "\t",
    ":",
    ";",
    ",",
    "0",
    "1",
    "-1",
    "+1",
    "0x1",
    "\u000b",
    "\u000c",
    "\u0085",
    "\u00ff",
    "\"",
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Content-Length : 3\r\n",
    "Transfer-Encoding:\u000bchunked\r\n",
    "transfer-encoding: CHUNKED\r\n",
    " folded\r\n",
    "Transfer-Encoding: chunked, chunked\r\n",
    "Transfer_Encoding: chunked\r\n",
    "Host: other\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive, Content-Length\r\n",
    "Expect: 100-continue\r\n",
    "Upgrade: h2c\r\n",
    "Trailer: Content-Length\r\n",
    "0\r\n\r\n",
    "00000000000000005\r\n",
    "100000000\r\n",
    "10000000000000000\r\n",
    "5;x=\"\r\n\"\r\n",
    "HTTP/1.0",
    "HTTP/2.0",
    "HTTP/1.2",
    "HTTP/1.10",
    "HTTP/1.1 ",
    BAIT,
    "0\r\n\r\n" + BAIT,
    "\r\n" + BAIT
  };

  private final Random random;

  Messages(Random random) {
    this.random = random;
  }

  private boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }

  private String pick(String... some) {
    return some[random.nextInt(some.length)];
  }

  /// One to three requests behind each other; bodies look like requests.
  String valid() {
    StringBuilder all = new StringBuilder();
    int count = 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      all.append(request(i));
    }
    return all.toString();
  }

  private String request(int i) {
    StringBuilder head = new StringBuilder(oneIn(8) ? "\r\n" : "");
    head.append(pick("GET", "POST", "PUT", "PATCH", "X-y"));
    head.append(" /").append(i).append(pick("", "?a=b", "/%20", "//")).append(" HTTP/1.");
    String minor = oneIn(8) ? "0" : oneIn(8) ? pick("2", "9") : "1";
    head.append(minor).append("\r\n");
    head.append(pick("Host: a", "host:a:80", "HOST: \t[::1] ")).append("\r\n");
    boolean http11 = !minor.equals("0");
    if (oneIn(3)) {
      head.append(pick("X: ", "X:y", "Accept: */*", "X: \u00e9", "X:\ta b\t")).append("\r\n");
    }
    if (!http11 || oneIn(10)) {
      head.append(pick("Connection: keep-alive", "connection: x, Keep-Alive")).append("\r\n");
    }
    String body = body(i);
    return switch (random.nextInt(http11 ? 3 : 2)) {
      case 0 -> head + "\r\n";
      case 1 ->
          head + pick("Content-Length: ", "content-length:0") + body.length() + "\r\n\r\n" + body;
      default ->
          head
              + pick("Transfer-Encoding: chunked", "transfer-encoding:Chunked")
              + "\r\n\r\n"
              + chunked(body);
    };
  }

  private String body(int i) {
    return switch (random.nextInt(5)) {
      case 0 -> "";
      case 1 -> BAIT;
      case 2 -> "0\r\n\r\n" + BAIT;
      case 3 -> "m" + i + "\r\n\r\n" + BAIT.repeat(1 + random.nextInt(3));
      default -> "z".repeat(random.nextInt(9_000)) + BAIT;
    };
  }

  private String chunked(String body) {
    StringBuilder all = new StringBuilder();
    int at = 0;
    while (at < body.length()) {
      int size = Math.min(body.length() - at, 1 + random.nextInt(oneIn(2) ? 20 : 5_000));
      String hex = Integer.toHexString(size);
      all.append(pick("", "", "", "0", "000")).append(oneIn(2) ? hex : hex.toUpperCase());
      all.append(pick("", "", "", ";a", ";a=\"b\"")).append("\r\n");
      all.append(body, at, at + size).append("\r\n");
      at += size;
    }
    return all + "0\r\n" + pick("", "", "T: Content-Length: 5\r\n") + "\r\n";
  }

  /// Changes one to three places of it.
  String mutated(String valid) {
    StringBuilder text = new StringBuilder(valid);
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes && text.length() > 1; i++) {
      mutate(text);
    }
    return text.toString();
  }

  private void mutate(StringBuilder text) {
    int at = place(text);
    switch (random.nextInt(7)) {
      case 0 -> text.deleteCharAt(at);
      case 1 -> text.setCharAt(at, (char) random.nextInt(256));
      case 2 -> text.insert(at, pick(BITS));
      case 3 -> text.replace(at, Math.min(text.length(), at + 1 + random.nextInt(4)), pick(BITS));
      case 4 -> text.insert(at, text.charAt(at));
      case 5 -> text.setCharAt(at, (char) (text.charAt(at) ^ 1 << random.nextInt(8)));
      default -> {
        int from = place(text);
        text.insert(at, text.substring(from, Math.min(text.length(), from + random.nextInt(40))));
      }
    }
  }

  /// Mostly near the end of a line: there lies the framing.
  private int place(StringBuilder text) {
    int at = random.nextInt(text.length());
    int end = oneIn(4) ? -1 : text.indexOf("\r\n", at);
    return end < 0 ? at : Math.clamp(end - 3 + random.nextInt(6), 0, text.length() - 1);
  }

  static byte[] bytes(String latin1) {
    return latin1.getBytes(StandardCharsets.ISO_8859_1);
  }
}
