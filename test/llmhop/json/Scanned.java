package llmhop.json;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/// What a scan said of a text, in every way of cutting it into segments.
///
/// @param kind why it was refused, if it was
/// @param offset where it was refused, or the length of the text
/// @param message of the refusal, or `""`
record Scanned(
    Optional<ScanException.Kind> kind,
    long offset,
    String message,
    Optional<String> value,
    long start,
    long end) {

  private static final int DEPTH = 20;
  private static final int VALUE_BYTES = 64;

  /// Scans for `model`: whole, one byte at a time, and in two at every place; all must agree.
  static Scanned of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  static Scanned of(byte[] text) {
    return of(text, DEPTH, VALUE_BYTES);
  }

  static Scanned of(byte[] text, int maxDepth, int maxValueBytes) {
    Scanned whole = in(List.of(text), maxDepth, maxValueBytes);
    List<byte[]> single =
        IntStream.range(0, text.length).mapToObj(i -> new byte[] {text[i]}).toList();
    assertEquals(whole, in(single, maxDepth, maxValueBytes), "one byte at a time");
    for (int cut = 0; cut <= text.length; cut++) {
      List<byte[]> two =
          List.of(Arrays.copyOf(text, cut), Arrays.copyOfRange(text, cut, text.length));
      assertEquals(whole, in(two, maxDepth, maxValueBytes), "cut at " + cut);
    }
    return whole;
  }

  /// Cuts into segments of random lengths, 0 among them.
  static List<byte[]> cut(byte[] text, Random random) {
    List<byte[]> segments = new ArrayList<>();
    int at = 0;
    while (at < text.length) {
      int length = Math.min(text.length - at, random.nextInt(24));
      segments.add(Arrays.copyOfRange(text, at, at + length));
      at += length;
    }
    return segments;
  }

  /// Whether somebody listens changes nothing.
  static Scanned in(List<byte[]> segments, int maxDepth, int maxValueBytes) {
    Scanned alone = in(segments, new MemberScan("model", maxDepth, maxValueBytes));
    for (ScanListener listener : List.<ScanListener>of(() -> true, new Random(1)::nextBoolean)) {
      MemberScan heard =
          new MemberScan("model", RefusedNames.NONE, maxDepth, maxValueBytes, listener);
      assertEquals(alone, in(segments, heard), "heard");
    }
    return alone;
  }

  private static Scanned in(List<byte[]> segments, MemberScan scan) {
    try {
      for (byte[] segment : segments) {
        feed(scan, segment);
      }
      scan.finish();
      return new Scanned(
          Optional.empty(), scan.offset(), "", scan.value(), scan.valueStart(), scan.valueEnd());
    } catch (ScanException e) {
      return new Scanned(Optional.of(e.kind()), e.offset(), e.getMessage(), Optional.empty(), 0, 0);
    }
  }

  /// Hands over the segment among bytes that would change the result if they were looked at, or at
  /// the end of an array.
  private static void feed(MemberScan scan, byte[] segment) throws ScanException {
    byte[] padded = new byte[10 + segment.length + segment.length % 2 * 10];
    Arrays.fill(padded, (byte) '"');
    System.arraycopy(segment, 0, padded, 10, segment.length);
    scan.feed(padded, 10, segment.length);
  }

  boolean accepted() {
    return kind.isEmpty();
  }
}
