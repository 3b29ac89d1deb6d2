package llmhop.config;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// A SHA-256 digest (FIPS 180-4) as a value that never shows itself in text.
///
/// @param bits0 the first 8 bytes, big-endian
/// @param bits1 the second 8 bytes
/// @param bits2 the third 8 bytes
/// @param bits3 the last 8 bytes
public record Sha256(long bits0, long bits1, long bits2, long bits3) {

  /// How many bytes a digest has.
  public static final int BYTES = 32;

  /// The digest of these bytes.
  ///
  /// @param bytes any bytes
  /// @return their digest
  public static Sha256 of(byte[] bytes) {
    try {
      return from(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /// The digest that is written as 64 hexadecimal digits of either case.
  ///
  /// @param hex the digits
  /// @return the digest
  /// @throws IllegalArgumentException when it is anything else; the message doesn't show the text
  public static Sha256 parse(String hex) {
    Checks.that(hex.length() == 2 * BYTES, "not 64 hexadecimal digits");
    try {
      return from(HexFormat.of().parseHex(hex));
    } catch (IllegalArgumentException e) {
      // The cause would show the text, which stands where a secret may stand.
      throw new Malformed("not 64 hexadecimal digits");
    }
  }

  private static Sha256 from(byte[] digest) {
    ByteBuffer buffer = ByteBuffer.wrap(digest);
    return new Sha256(buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getLong());
  }

  /// A fresh copy of the 32 bytes.
  ///
  /// @return the bytes
  public byte[] bytes() {
    ByteBuffer buffer = ByteBuffer.allocate(BYTES);
    buffer.putLong(bits0).putLong(bits1).putLong(bits2).putLong(bits3);
    return buffer.array();
  }

  /// Whether both are the same digest, in a time that doesn't depend on where they differ.
  ///
  /// @param other the digest to compare with
  /// @return true when all bits are equal
  public boolean matches(Sha256 other) {
    long difference =
        (bits0 ^ other.bits0)
            | (bits1 ^ other.bits1)
            | (bits2 ^ other.bits2)
            | (bits3 ^ other.bits3);
    return difference == 0;
  }

  /// A digest's own bits are as good as any hash of them.
  @Override
  public int hashCode() {
    return Long.hashCode(bits0);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Sha256 digest && matches(digest);
  }

  @Override
  public String toString() {
    return "(sha256)";
  }
}
