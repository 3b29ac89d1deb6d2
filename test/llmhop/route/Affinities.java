package llmhop.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import llmhop.http.wire.Fields;

/// Bodies' affinities, as a look finds them.
final class Affinities {
  private Affinities() {}

  static Affinity.Wanted prefix(int bytes) {
    return new Affinity.Wanted(bytes, Set.of());
  }

  static Affinity.Wanted fields(String... names) {
    return new Affinity.Wanted(0, Set.of(names));
  }

  /// In any of three ways of cutting it, which must agree.
  static Affinity of(String body, Affinity.Wanted wanted) {
    byte[] text = body.getBytes(UTF_8);
    List<byte[]> eachByte =
        IntStream.range(0, text.length).mapToObj(i -> new byte[] {text[i]}).toList();
    int half = text.length / 2;
    List<byte[]> halves =
        List.of(Arrays.copyOf(text, half), Arrays.copyOfRange(text, half, text.length));
    Affinity whole = in(List.of(text), wanted);
    for (Affinity cut : List.of(in(eachByte, wanted), in(halves, wanted))) {
      for (int bytes = 1; bytes <= wanted.prefixBytes(); bytes += bytes) {
        assertEquals(whole.prefix(bytes), cut.prefix(bytes), body);
      }
      assertEquals(whole.prefix(wanted.prefixBytes()), cut.prefix(wanted.prefixBytes()), body);
      for (String field : wanted.fields()) {
        assertEquals(whole.field(field), cut.field(field), body);
      }
    }
    return whole;
  }

  static Affinity in(List<byte[]> segments, Affinity.Wanted wanted) {
    Look look = Look.of(new Fields(), false, false, wanted);
    for (byte[] segment : segments) {
      look.feed(segment, 0, segment.length);
    }
    look.finish();
    return look.affinity();
  }
}
