package llmhop.backend;

import java.util.ArrayList;
import java.util.List;

/// Smooth weighted round robin, nginx's: of weights 5, 1, 1 come a a b a c a a, never a run of
/// five. The rest follows in the order of the file. Shared by all requests.
final class RoundRobin implements Balancer {
  private final List<Backend> backends;
  private final long[] credit;
  private final long total;

  RoundRobin(List<Backend> backends) {
    this.backends = List.copyOf(backends);
    this.credit = new long[backends.size()];
    this.total = backends.stream().mapToLong(Backend::weight).sum();
  }

  @Override
  public List<Backend> candidates() {
    int first = next();
    List<Backend> order = new ArrayList<>(backends.size());
    for (int i = 0; i < backends.size(); i++) {
      order.add(backends.get((first + i) % backends.size()));
    }
    return order;
  }

  private synchronized int next() {
    int best = 0;
    for (int i = 0; i < credit.length; i++) {
      credit[i] += backends.get(i).weight();
      if (credit[i] > credit[best]) {
        best = i;
      }
    }
    credit[best] -= total;
    return best;
  }
}
