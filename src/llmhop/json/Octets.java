package llmhop.json;

/// What both readers need to know about single octets.
final class Octets {

  private Octets() {}

  /// White space between tokens (RFC 8259, 2).
  static boolean isBlank(int octet) {
    return octet == ' ' || octet == '\n' || octet == '\r' || octet == '\t';
  }

  /// Whether a value may begin with it.
  static boolean beginsValue(int octet) {
    return switch (octet) {
      case '{', '[', '"', 't', 'f', 'n' -> true;
      default -> beginsNumber(octet);
    };
  }

  /// Whether a number may begin with it.
  static boolean beginsNumber(int octet) {
    return octet == '-' || (octet >= '0' && octet <= '9');
  }

  /// The value of a hexadecimal digit, -1 when it is none.
  static int hex(int octet) {
    if (octet >= '0' && octet <= '9') {
      return octet - '0';
    }
    int lower = octet | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  /// How to show an octet that should not be where it is.
  static String shown(byte octet) {
    if (octet == '\'') {
      return "\"'\"";
    }
    if (octet >= ' ' && octet < 0x7f) {
      return "'" + (char) octet + "'";
    }
    return switch (octet & 0xff) {
      case '\n', '\r' -> "the end of the line";
      case 0, 0xfe, 0xff -> "byte 0x%02x (UTF-16? It must be UTF-8)".formatted(octet);
      default -> "byte 0x%02x".formatted(octet);
    };
  }
}
