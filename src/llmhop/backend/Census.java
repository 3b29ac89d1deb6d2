package llmhop.backend;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llmhop.http.upstream.Upstream;

/// What fleets have in hand, all together: what several of them share counts once, as those of an
/// old and a new config do.
///
/// @param inFlight requests in the hands of backends
/// @param waiting requests that wait for a backend
/// @param open connections to backends, idle ones too
/// @param idle idle connections to backends
public record Census(int inFlight, int waiting, int open, int idle) {
  /// Counts.
  public static Census of(Collection<Fleet> fleets) {
    Set<Site> sites = new HashSet<>();
    Set<Upstream> upstreams = new HashSet<>();
    int waiting = 0;
    for (Fleet fleet : fleets) {
      waiting += fleet.waiting();
      List<Backend> all = new ArrayList<>(fleet.backends());
      all.addAll(fleet.leavers());
      for (Backend backend : all) {
        sites.add(backend.site());
        upstreams.add(backend.upstream());
      }
    }
    int inFlight = 0;
    for (Site site : sites) inFlight += site.inFlight().get();
    int open = 0;
    int idle = 0;
    for (Upstream upstream : upstreams) {
      open += upstream.open();
      idle += upstream.idle();
    }
    return new Census(inFlight, waiting, open, idle);
  }
}
