package llmhop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import llmhop.config.Config;
import llmhop.config.Sha256;
import llmhop.config.Token;
import llmhop.route.Route;

/// What differs between the config that was in use and the one that is, in words for operators:
/// names and numbers, no values.
///
/// @param live what is in use now
/// @param restart the keys that are as they were, and why
public record Changes(List<String> live, List<String> restart) {
  /// Nobody reads more names in a line.
  private static final int MOST_NAMES = 10;

  /// Copies the lists.
  public Changes {
    live = List.copyOf(live);
    restart = List.copyOf(restart);
  }

  /// @param started the config that the router was started with, which some keys stay at
  static Changes of(Config started, Generation before, Generation now) {
    List<String> live = new ArrayList<>();
    models(before, now).addTo(live, "models");
    tokens(before.config().authTokens(), now.config().authTokens()).addTo(live, "tokens");
    settings(before.config(), now.config(), live);
    return new Changes(live, needRestart(started, now.config()));
  }

  /// What it comes to, in a few words.
  public String summary() {
    return live.isEmpty() ? "nothing has changed" : String.join("; ", live);
  }

  private static Difference models(Generation before, Generation now) {
    Map<String, Route> old = new LinkedHashMap<>();
    for (Route route : before.routes().all()) old.put(route.name(), route);
    var difference = new Difference();
    for (Route route : now.routes().all()) {
      Route was = old.remove(route.name());
      if (was == null) {
        difference.added.add(route.name());
      } else if (was != route) {
        difference.changed.add(route.name());
      }
    }
    difference.removed.addAll(old.keySet());
    return difference;
  }

  /// Tokens without a name are called by their position: the digest tells which is which.
  private static Difference tokens(List<Token> before, List<Token> now) {
    Map<Sha256, Token> old = new LinkedHashMap<>();
    for (Token token : before) old.put(token.digest(), token);
    var difference = new Difference();
    for (Token token : now) {
      Token was = old.remove(token.digest());
      if (was == null) {
        difference.added.add(token.name());
      } else if (!was.equals(token)) {
        difference.changed.add(token.name());
      }
    }
    for (Token token : old.values()) difference.removed.add(token.name());
    return difference;
  }

  private static void settings(Config before, Config now, List<String> live) {
    List<String> keys = new ArrayList<>();
    add(keys, "cors", before.corsOrigins(), now.corsOrigins());
    add(keys, "default", before.defaultModel(), now.defaultModel());
    add(keys, "maxBodyBytes", before.maxBodyBytes(), now.maxBodyBytes());
    add(keys, "maxBufferedShare", before.maxBufferedShare(), now.maxBufferedShare());
    add(keys, "maxConcurrentRequests", before.maxConcurrentRequests(), now.maxConcurrentRequests());
    add(keys, "trustedProxies", before.trustedProxies(), now.trustedProxies());
    add(keys, "drainDelay", before.drainDelay(), now.drainDelay());
    add(keys, "drain", before.drain(), now.drain());
    add(keys, "watch", before.watch(), now.watch());
    if (!keys.isEmpty()) {
      live.add("settings: " + String.join(", ", keys));
    }
  }

  private static List<String> needRestart(Config started, Config now) {
    List<String> keys = new ArrayList<>();
    add(keys, "listen", started.listen(), now.listen());
    add(keys, "tls", started.tls(), now.tls());
    add(keys, "http", started.http(), now.http());
    add(keys, "maxBufferedBytes", started.maxBufferedBytes(), now.maxBufferedBytes());
    add(keys, "log", started.log(), now.log());
    add(keys, "instance", started.instance(), now.instance());
    return keys;
  }

  private static void add(List<String> keys, String key, Object before, Object now) {
    if (!Objects.equals(before, now)) {
      keys.add(key);
    }
  }

  /// Names that came, went, or mean something else now.
  private static final class Difference {
    private final List<String> added = new ArrayList<>();
    private final List<String> removed = new ArrayList<>();
    private final List<String> changed = new ArrayList<>();

    void addTo(List<String> live, String what) {
      List<String> parts = new ArrayList<>();
      say(added, "added", parts);
      say(removed, "removed", parts);
      say(changed, "changed", parts);
      if (!parts.isEmpty()) {
        live.add(what + ": " + String.join(", ", parts));
      }
    }

    private static void say(List<String> names, String what, List<String> parts) {
      if (!names.isEmpty()) {
        int shown = Math.min(names.size(), MOST_NAMES);
        String more = names.size() > shown ? ", and " + (names.size() - shown) + " more" : "";
        String list = String.join(", ", names.subList(0, shown));
        parts.add(names.size() + " " + what + " (" + list + more + ")");
      }
    }
  }
}
