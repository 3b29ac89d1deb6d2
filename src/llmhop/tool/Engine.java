package llmhop.tool;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/// The simulated engine: chance, a place in the queue, the prefill, then token after token. Shared
/// by all exchanges.
final class Engine {
  // Nobody waits that long; but a wait without an end would never give its memory back.
  private static final Duration HANG = Duration.ofHours(1);

  private final SimSettings settings;
  private final Time time;
  private final RunQueue queue;
  private final PrefixCache cache;
  private final Chance chance;
  private final Bodies bodies;

  Engine(SimSettings settings, Time time, RunQueue queue, PrefixCache cache, Bodies bodies) {
    this.settings = settings;
    this.time = time;
    this.queue = queue;
    this.cache = cache;
    this.chance = settings.chance();
    this.bodies = bodies;
  }

  /// Answers with text.
  ///
  /// @throws DroppedException when the answer was cut off on purpose
  void generate(Call call, TextForm form) throws IOException, Refused {
    int blocks = cache.mostBlocks();
    Ask ask = call.body(bodies, bytes -> form.read(Document.parse(bytes), blocks));
    Chance.Fate fate = fate(call, ask.model());
    Speech speech = form.speech(ask, call.id(), time);
    if (ask.stream()) {
      stream(call, ask, fate, form.streamType(), speech);
    } else {
      plain(call, ask, fate, speech);
    }
  }

  /// Answers in one go, once the request had its turn and its prefill.
  void prefill(Call call, String model, long promptTokens, String contentType, String answer)
      throws IOException, Refused {
    if (fate(call, model).hang()) {
      hang(call);
    }
    try (RunQueue.Place place = queue.enter(model, promptTokens, call.presence())) {
      place.awaitTurn();
      call.presence().waitUntil(time.nanos() + settings.pace().nanosOf(0));
    }
    call.answer(200, contentType, answer);
  }

  /// Refuses a model that isn't served.
  void known(String model) throws Refused {
    if (!settings.models().contains(model)) {
      throw Refused.unknownModel(model);
    }
  }

  private Chance.Fate fate(Call call, String model) throws Refused {
    call.isFor(model);
    known(model);
    Chance.Fate fate = chance.draw();
    if (fate.fail().isPresent()) {
      throw Refused.onDemand(fate.fail().getAsInt());
    }
    return fate;
  }

  private void stream(Call call, Ask ask, Chance.Fate fate, String type, Speech speech)
      throws IOException, Refused {
    Generation generation = Generation.of(ask, settings.tokens());
    List<String> tokens = generation.tokens();
    int dropAfter = fate.drop() ? fate.dropAfter(tokens.size()) : Integer.MAX_VALUE;
    if (fate.hang()) {
      call.beginStream(type);
      hang(call);
    }
    Run run;
    try (RunQueue.Place place = queue.enter(ask.model(), ask.prompt().tokens(), call.presence())) {
      call.beginStream(type);
      call.send(speech.greeting());
      place.awaitTurn();
      run = begin(ask);
      awaitPrefill(call, ask, run);
      for (int i = 0; i < tokens.size(); i++) {
        call.presence().waitUntil(run.nanosOf(i));
        call.send((i == 0 ? speech.opening(run.cachedTokens()) : "") + speech.piece(tokens.get(i)));
        call.made(i + 1);
        place.tokenMade();
        if (i + 1 == dropAfter) {
          throw new DroppedException();
        }
      }
    }
    call.endStream(speech.ending(run.output(generation, time.nanos())));
  }

  private void plain(Call call, Ask ask, Chance.Fate fate, Speech speech)
      throws IOException, Refused {
    Generation generation = Generation.of(ask, settings.tokens());
    int count = generation.tokens().size();
    if (fate.hang()) {
      hang(call);
    }
    Run run;
    try (RunQueue.Place place = queue.enter(ask.model(), ask.prompt().tokens(), call.presence())) {
      place.awaitTurn();
      run = begin(ask);
      try {
        awaitPrefill(call, ask, run);
        call.presence().waitUntil(run.nanosOf(count - 1));
      } finally {
        call.made(run.tokensAt(time.nanos(), count));
      }
    }
    call.answer(200, "application/json", speech.whole(run.output(generation, time.nanos())));
  }

  /// A request's turn has come. Only now is it known how much it needn't prefill.
  private Run begin(Ask ask) {
    long all = ask.prompt().tokens();
    OptionalLong cached = cache.look(ask.model(), ask.prompt());
    Pace pace = settings.pace().prefilling(all - cached.orElse(0), all);
    return new Run(time.nanos(), pace, cached);
  }

  /// A caller that leaves before its end leaves nothing in the cache.
  private void awaitPrefill(Call call, Ask ask, Run run) throws IOException {
    call.presence().waitUntil(run.nanosOf(0));
    cache.keep(ask.model(), ask.prompt());
  }

  /// Never takes a place in the queue: whether the caller leaves is not seen by every front, and a
  /// place must not be lost for good.
  private void hang(Call call) throws IOException {
    call.presence().waitUntil(time.nanos() + HANG.toNanos());
    throw new DroppedException();
  }

  /// A request at work.
  ///
  /// @param begin when its turn came, of [Time#nanos]
  /// @param cachedTokens how many of its prompt's were in the cache; empty when there is none
  private record Run(long begin, Pace pace, OptionalLong cachedTokens) {
    long nanosOf(int token) {
      return begin + pace.nanosOf(token);
    }

    int tokensAt(long now, int count) {
      return pace.tokensAt(now - begin, count);
    }

    Output output(Generation generation, long now) {
      long total = now - begin;
      long firstToken = Math.min(pace.nanosOf(0), total);
      int count = generation.tokens().size();
      return new Output(
          generation.text(), count, generation.cut(), cachedTokens, firstToken, total);
    }
  }

  /// The answer ends here because chance wanted it so.
  static final class DroppedException extends IOException {
    DroppedException() {
      super("dropped on purpose");
    }
  }
}
