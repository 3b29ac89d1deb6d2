package llmhop.route;

import java.util.Optional;
import java.util.OptionalLong;
import llmhop.backend.Clues;
import llmhop.backend.Hash64;

/// What a request says about which backend knows it already: in its head, and in its body.
record RequestClues(Exchange x, Intake.Request request) implements Clues {
  @Override
  public OptionalLong prefix(int bytes) {
    return request.affinity().prefix(bytes);
  }

  @Override
  public OptionalLong header(String name) {
    Optional<String> value = x.fields().first(name);
    return value.isPresent() && !value.get().isBlank()
        ? OptionalLong.of(Hash64.of(value.get()))
        : OptionalLong.empty();
  }

  @Override
  public OptionalLong member(String name) {
    return request.affinity().field(name);
  }
}
