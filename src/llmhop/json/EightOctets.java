package llmhop.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Looks at eight octets at once, as a `long` whose lowest octet comes first, and at windows of
/// four such.
///
/// The sums and differences below work on each octet by itself: what is added or taken away can
/// carry into the next octet up only where the answer is settled by a lower one already.
final class EightOctets {

  /// How many octets a window has.
  static final int WINDOW = 32;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGH_BITS = ONES << 7;
  private static final long FOUR = 0xffff_ffffL;

  /// The letters of the escapes of two octets, as bits: those under 64 and those from 64 on.
  private static final long LOW_LETTERS = 1L << '"' | 1L << '/';

  private static final long HIGH_LETTERS =
      1L << '\\' | 1L << 'b' | 1L << 'f' | 1L << 'n' | 1L << 'r' | 1L << 't';

  private static final long LONG_ESCAPE = 'u' << 8 | '\\';

  private EightOctets() {}

  static long load(byte[] bytes, int at) {
    return (long) LONGS.get(bytes, at);
  }

  /// Marks the first octet that is not plain: a quote, a backslash, a control or not ASCII. Higher
  /// ones may be marked wrongly; 0 when all are plain.
  static long special(long eight) {
    // Turning this bit over makes the quote (0x22) the neighbour of the controls (0x20), and takes
    // the space away from there.
    long quoteOrControl = (eight ^ ONES * 0x02) - ONES * 0x21;
    long backslash = (eight ^ ONES * '\\') - ONES;
    return (eight | quoteOrControl | backslash) & HIGH_BITS;
  }

  /// A bit for each octet of a window, the lowest for the first: whether it is not plain, exactly.
  static long specials(byte[] bytes, int at) {
    return bits(load(bytes, at))
        | bits(load(bytes, at + 8)) << 8
        | bits(load(bytes, at + 16)) << 16
        | bits(load(bytes, at + 24)) << 24;
  }

  private static long bits(long eight) {
    long low = eight & ~HIGH_BITS;
    // In each octet the sum reaches the highest bit when it is plain, and never the next octet.
    long noQuoteOrControl = (low ^ ONES * 0x02) + ONES * (0x80 - 0x21);
    long noBackslash = (low ^ ONES * '\\') + ONES * 0x7f;
    long marks = (eight | ~(noQuoteOrControl & noBackslash)) & HIGH_BITS;
    // Gathers the highest bits of the octets.
    return (marks >>> 7) * 0x0102_0408_1020_4080L >>> 56;
  }

  /// How many octets precede the first that is marked.
  static int before(long marks) {
    return Long.numberOfTrailingZeros(marks) >>> 3;
  }

  /// How many octets precede the first that is marked in two longs; one of them has marks.
  static int before(long first, long second) {
    // Without a jump, which would be guessed wrong often: no trailing zeros are 64, without marks.
    int inFirst = Long.numberOfTrailingZeros(first);
    int inSecond = Long.numberOfTrailingZeros(second) & -(inFirst >>> 6);
    return (inFirst + inSecond) >>> 3;
  }

  /// How many spaces come first.
  static int spaces(long eight) {
    return Long.numberOfTrailingZeros(eight ^ ONES * ' ') >>> 3;
  }

  /// Whether a backslash and this octet are an escape.
  static boolean isShortEscape(int letter) {
    // A shift takes the lowest six bits of its distance.
    long letters = letter < 64 ? LOW_LETTERS : HIGH_LETTERS;
    return letter >= 0 && (letters >>> letter & 1) != 0;
  }

  /// Whether the first six octets are an escape of four hexadecimal digits.
  static boolean isLongEscape(long eight) {
    return (eight & 0xffff) == LONG_ESCAPE && areDigits(eight >>> 16 & FOUR);
  }

  /// Whether four octets are hexadecimal digits. One from 0x80 on never is, and what it carries
  /// into the next doesn't matter then.
  private static boolean areDigits(long four) {
    long from0 = four + (0x80 - '0') * ONES;
    long over9 = four + (0x7f - '9') * ONES;
    long lower = four | ' ' * ONES;
    long fromA = lower + (0x80 - 'a') * ONES;
    long overF = lower + (0x7f - 'f') * ONES;
    long digits = (from0 & ~over9) | (fromA & ~overF);
    return (~digits & FOUR & HIGH_BITS) == 0;
  }

  /// The length of the UTF-8 character (RFC 3629, 4) beyond ASCII that begins with the first octet,
  /// or of two of three octets each; 0 when it is wrong.
  static int character(long eight) {
    if ((eight & 0xc0_c0f0L) == 0x80_80e0L) {
      if (!threeOctets(eight)) {
        return 0;
      }
      long next = eight >>> 24;
      return (next & 0xc0_c0f0L) == 0x80_80e0L && threeOctets(next) ? 6 : 3;
    }
    if ((eight & 0xc0e0L) == 0x80c0L) {
      // Less than these bits were an overlong form.
      return (eight & 0x1e) != 0 ? 2 : 0;
    }
    if ((eight & 0xc0c0_c0f8L) == 0x8080_80f0L) {
      // The plane: 0 is an overlong form, 17 and up don't exist.
      long plane = ((eight & 0x07) << 2) | ((eight >>> 12) & 0x03);
      return plane >= 1 && plane <= 16 ? 4 : 0;
    }
    return 0;
  }

  /// Whether three octets of the right form are no overlong form (E0, then less than A0) and no
  /// surrogate (ED, then A0 or more).
  private static boolean threeOctets(long eight) {
    long bits = eight & 0x200f;
    return bits != 0 && bits != 0x200d;
  }
}
