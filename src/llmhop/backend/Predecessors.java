package llmhop.backend;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/// The backends of the fleet that a new one comes after: each is succeeded once, by the backend at
/// the same address. Used while that fleet is made, by one thread.
public final class Predecessors {
  private final List<Backend> left;

  /// @param backends those of the fleet before; none for the first
  Predecessors(List<Backend> backends) {
    this.left = new ArrayList<>(backends);
  }

  /// The one that was at this address, see [Backend#Backend]; where several were, the first that
  /// nobody has taken yet.
  public Optional<Backend> take(String address) {
    for (Iterator<Backend> each = left.iterator(); each.hasNext(); ) {
      Backend backend = each.next();
      if (backend.address().equals(address)) {
        each.remove();
        return Optional.of(backend);
      }
    }
    return Optional.empty();
  }

  /// Nobody else comes after one of them; nor are they kept in memory.
  void done() {
    left.clear();
  }
}
