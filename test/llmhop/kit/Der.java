package llmhop.kit;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/// The little of X.690 that certificates and keys need.
final class Der {
  static final int INTEGER = 0x02;
  static final int BITS = 0x03;
  static final int OCTETS = 0x04;
  static final int UTC_TIME = 0x17;
  static final int SEQUENCE = 0x30;

  private Der() {}

  static byte[] sequence(byte[]... parts) {
    return tagged(SEQUENCE, parts);
  }

  static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  static byte[] tagged(int tag, byte[]... parts) {
    byte[] content = joined(parts);
    var out = new ByteArrayOutputStream();
    out.write(tag);
    int size = content.length;
    if (size >= 0x100) {
      out.writeBytes(new byte[] {(byte) 0x82, (byte) (size >> 8)});
    } else if (size >= 0x80) {
      out.write(0x81);
    }
    out.write(size);
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] joined(byte[]... parts) {
    var out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /// Takes the next value, without its tag and length.
  static byte[] content(ByteBuffer der) {
    der.get();
    int length = der.get() & 0xff;
    if (length == 0x81) {
      length = der.get() & 0xff;
    } else if (length == 0x82) {
      length = der.getShort() & 0xffff;
    }
    byte[] content = new byte[length];
    der.get(content);
    return content;
  }
}
