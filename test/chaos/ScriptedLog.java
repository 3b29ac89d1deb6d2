package chaos;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What a scripted backend has seen. Used by many threads.
final class ScriptedLog {

  private static final int MOST_HEADS = 1000;

  private final Set<String> users = new HashSet<>();
  private final List<String> heads = new ArrayList<>();
  private int executed;
  private int connections;

  synchronized void connected() {
    connections++;
  }

  synchronized void add(ScriptedRequest request) {
    executed++;
    users.add(request.user());
    if (heads.size() < MOST_HEADS) heads.add(request.head());
  }

  /// As `Scripts` reads it.
  @Override
  public synchronized String toString() {
    String counts = executed + " " + users.size() + " " + connections;
    return String.join(Scripted.BETWEEN, counts, String.join(Scripted.BETWEEN, heads));
  }
}
