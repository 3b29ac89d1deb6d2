package llmhop.backend;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llmhop.config.Endpoint;

/// The backends that a fleet's names stand for, one for each address. Guarded by the fleet's lock.
final class Discovered {
  private final Maker maker;
  private final Map<Endpoint, Map<InetAddress, Backend>> known = new HashMap<>();

  /// Makes the backend at an address.
  @FunctionalInterface
  interface Maker {
    /// @param number which of the model's it is
    Backend make(int number, Endpoint endpoint, InetAddress address);
  }

  /// What became of a fleet's backends.
  ///
  /// @param members those that are there now
  /// @param joined those of them that are new
  /// @param left those that are there no more
  /// @param told the same in words, for operators
  record Change(
      List<Backend> members, List<Backend> joined, List<Backend> left, List<String> told) {}

  Discovered(Maker maker) {
    this.maker = maker;
  }

  /// One more name, which nobody has looked up.
  void add(Endpoint name) {
    known.put(name, new HashMap<>());
  }

  /// The names.
  Set<Endpoint> names() {
    return known.keySet();
  }

  /// The addresses that a name has at this port, as far as they are known.
  List<InetAddress> addresses(Endpoint name) {
    for (Map.Entry<Endpoint, Map<InetAddress, Backend>> each : known.entrySet()) {
      Endpoint other = each.getKey();
      if (other.scheme() == name.scheme()
          && other.host().equals(name.host())
          && other.port() == name.port()) {
        return List.copyOf(each.getValue().keySet());
      }
    }
    return List.of();
  }

  /// A name has these addresses now: newcomers join, those whose address is gone leave.
  ///
  /// @param members all backends of the fleet
  Change found(Endpoint name, Collection<InetAddress> addresses, List<Backend> members) {
    Map<InetAddress, Backend> here = known.get(name);
    boolean first = here.isEmpty();
    var change =
        new Change(
            new ArrayList<>(members), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (InetAddress address : List.copyOf(here.keySet())) {
      if (!addresses.contains(address)) {
        Backend leaver = here.remove(address);
        change.members().remove(leaver);
        change.left().add(leaver);
        change.told().add(leaver.label() + " has left " + place(name, address));
      }
    }
    join(name, addresses, first, change);
    return change;
  }

  private void join(
      Endpoint name, Collection<InetAddress> addresses, boolean first, Change change) {
    Map<InetAddress, Backend> here = known.get(name);
    Set<String> labels = new HashSet<>();
    for (Backend backend : change.members()) labels.add(number(backend.label()));
    int number = 1;
    for (InetAddress address : addresses) {
      if (!here.containsKey(address) && change.members().size() < Fleet.MOST_BACKENDS) {
        while (!labels.add("#" + number)) number++;
        Backend newcomer = maker.make(number, name, address);
        if (!first) newcomer.warmUp();
        here.put(address, newcomer);
        change.members().add(newcomer);
        change.joined().add(newcomer);
        change.told().add(newcomer.label() + " has joined " + place(name, address));
      }
    }
  }

  /// What a label ends with: a freed number is given again.
  private static String number(String label) {
    return label.substring(Math.max(0, label.lastIndexOf('#')));
  }

  private static String place(Endpoint name, InetAddress address) {
    return name.host() + " (" + address.getHostAddress() + ")";
  }
}
