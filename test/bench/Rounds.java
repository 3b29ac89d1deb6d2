package bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;

/// What the rounds of one part gave, by load, proxy and number of the round.
final class Rounds {

  private record Round(String load, String proxy, int number, Map<String, Double> values) {}

  private final List<Round> rounds = new ArrayList<>();

  void add(String load, String proxy, int number, Map<String, Double> values) {
    rounds.add(new Round(load, proxy, number, Map.copyOf(values)));
  }

  boolean has(String load, String proxy) {
    return rounds.stream().anyMatch(r -> r.load.equals(load) && r.proxy.equals(proxy));
  }

  /// The median over the rounds; NaN when nothing was measured.
  double median(String load, String proxy, String name) {
    return median(values(load, proxy, name));
  }

  double sum(String load, String proxy, String name) {
    return Arrays.stream(values(load, proxy, name)).sum();
  }

  /// The median of the ratios to nginx, each within a round.
  double ratio(String load, String proxy, String name) {
    return against(load, proxy, name, Proxy.NGINX, (mine, base) -> mine / base);
  }

  /// The median of what the proxy adds to the way without one, each within a round.
  double added(String load, String proxy, String name) {
    return against(load, proxy, name, Proxy.DIRECT, (mine, base) -> mine - base);
  }

  private double against(
      String load, String proxy, String name, String other, DoubleBinaryOperator compared) {
    List<Double> all = new ArrayList<>();
    for (Round mine : rounds) {
      if (!mine.load.equals(load) || !mine.proxy.equals(proxy)) continue;
      for (Round base : rounds) {
        boolean pair =
            base.load.equals(load) && base.proxy.equals(other) && base.number == mine.number;
        if (!pair) continue;
        double value =
            compared.applyAsDouble(
                mine.values.getOrDefault(name, Double.NaN),
                base.values.getOrDefault(name, Double.NaN));
        if (Double.isFinite(value)) all.add(value);
      }
    }
    return median(all.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private double[] values(String load, String proxy, String name) {
    return rounds.stream()
        .filter(r -> r.load.equals(load) && r.proxy.equals(proxy))
        .mapToDouble(r -> r.values.getOrDefault(name, Double.NaN))
        .filter(Double::isFinite)
        .toArray();
  }

  static double median(double... values) {
    if (values.length == 0) return Double.NaN;
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
