package llmhop.http.wire;

import java.nio.charset.StandardCharsets;

/// The names of fields that come all the time, so that they need not be made anew for each message.
final class KnownNames {
  private static final String[] NAMES = {
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Date",
    "Host",
    "Keep-Alive",
    "Openai-Processing-Ms",
    "Server",
    "Transfer-Encoding",
    "User-Agent",
    "Vary",
    "X-Api-Key",
    "X-Forwarded-For",
    "X-Request-Id",
    "X-Stainless-Lang",
  };

  /// A power of two, with room enough that a look-up rarely needs a second step.
  private static final int SLOTS = 512;

  private static final String[] TABLE = new String[SLOTS];

  static {
    for (String name : NAMES) {
      put(name);
      put(name.toLowerCase(java.util.Locale.ROOT));
    }
  }

  private KnownNames() {}

  private static void put(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
    int slot = slot(bytes, 0, bytes.length);
    while (TABLE[slot] != null) {
      slot = (slot + 1) % SLOTS;
    }
    TABLE[slot] = name;
  }

  static String name(byte[] bytes, int from, int to) {
    int slot = slot(bytes, from, to);
    for (String known = TABLE[slot]; known != null; known = TABLE[slot]) {
      if (equals(known, bytes, from, to)) {
        return known;
      }
      slot = (slot + 1) % SLOTS;
    }
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  private static int slot(byte[] bytes, int from, int to) {
    int length = to - from;
    int mixed = bytes[from] * 31 + bytes[to - 1] * 7 + bytes[from + length / 2] * 131 + length * 61;
    return mixed & (SLOTS - 1);
  }

  private static boolean equals(String known, byte[] bytes, int from, int to) {
    if (known.length() != to - from) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (known.charAt(i - from) != bytes[i]) {
        return false;
      }
    }
    return true;
  }
}
