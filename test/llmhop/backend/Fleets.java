package llmhop.backend;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import llmhop.config.Config;
import llmhop.config.ConfigException;
import llmhop.config.ConfigReader;
import llmhop.config.Endpoint;
import llmhop.config.Header;
import llmhop.config.Model;
import llmhop.config.Secrets;
import llmhop.http.upstream.Origin;
import llmhop.http.upstream.Resolver;
import llmhop.http.upstream.Settings;
import llmhop.http.upstream.Upstream;
import llmhop.http.upstream.UpstreamMemory;
import llmhop.kit.ManualClock;

/// Fleets for tests, from what an operator would write, with a clock and luck of the test's own.
final class Fleets {
  final ManualClock clock = new ManualClock();
  final List<String> news = new ArrayList<>();
  final SplittableRandom random;
  Resolver resolver = Resolver.SYSTEM;

  Fleets(long seed) {
    random = new SplittableRandom(seed);
  }

  Fleets() {
    this(1);
  }

  /// The model `m` with these members; `'` stands for `"`.
  static Model model(String members) {
    String json = "{'models': {'m': {" + members + "}, 'other': {'url': 'http://other'}}}";
    try {
      byte[] bytes = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
      Config config = ConfigReader.read(bytes, Secrets.fromProcess());
      return config.models().getFirst();
    } catch (ConfigException e) {
      throw new AssertionError(e.problems().toString(), e);
    }
  }

  Fleet of(String members) {
    return of(members, Optional.empty());
  }

  /// The fleet of a config that comes after another.
  Fleet after(Fleet before, String members) {
    return of(members, Optional.of(before));
  }

  private Fleet of(String members, Optional<Fleet> before) {
    Model model = model(members);
    Backend.Maker maker =
        (number, endpoint, address, watch, predecessors) ->
            backend(model.headers(), number, endpoint, address, watch, predecessors);
    return new Fleet(model, maker, around(), before);
  }

  Surroundings around() {
    Consumer<String> heard =
        line -> {
          synchronized (news) {
            news.add(line);
          }
        };
    return new Surroundings(
        clock, random::nextLong, host -> resolver.resolve(host), heard, UpstreamMemory.unlimited());
  }

  private Backend backend(
      List<Header> headers,
      int number,
      Endpoint endpoint,
      Optional<InetAddress> address,
      Watch watch,
      Predecessors predecessors) {
    var kind = Origin.Kind.HTTP;
    var origin = new Origin(kind, endpoint.host(), endpoint.port(), "");
    var settings =
        new Settings(
            Duration.ofSeconds(1),
            Settings.keepAlive(kind),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            address.isPresent() ? _ -> List.of(address.get()) : Resolver.SYSTEM);
    String place = endpoint + endpoint.path() + address.map(a -> "@" + a).orElse("");
    String label = number == 0 ? "m" : "m#" + number;
    return new Backend(
        label,
        endpoint,
        place,
        headers,
        false,
        new Upstream(origin, settings, System::nanoTime),
        watch,
        predecessors.take(place));
  }

  void pass(Duration time) {
    clock.advance(time);
  }

  static Lease choose(Fleet fleet) {
    return choose(fleet, Clues.NONE);
  }

  static Lease choose(Fleet fleet, Clues clues) {
    return fleet.choose(clues, _ -> true).orElseThrow();
  }

  /// Clues of a request with this prompt, by its hash.
  static Clues prompt(String text) {
    return new Clues() {
      @Override
      public OptionalLong prefix(int bytes) {
        return OptionalLong.of(Hash64.of(text.substring(0, Math.min(bytes, text.length()))));
      }
    };
  }
}
