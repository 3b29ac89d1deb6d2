package llmhop.config;

import java.util.Locale;
import java.util.Optional;

/// Which program answers for a model, whose paths are known then.
public enum Kind {
  /// vLLM's OpenAI-compatible server.
  VLLM,
  /// SGLang.
  SGLANG,
  /// llama.cpp's `llama-server`.
  LLAMACPP,
  /// Ollama.
  OLLAMA,
  /// Anything else that speaks OpenAI's API, hosted ones too.
  OPENAI;

  /// The word as the config has it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The kind of this word.
  public static Optional<Kind> of(String word) {
    for (Kind each : values()) {
      if (each.word().equals(word)) return Optional.of(each);
    }
    return Optional.empty();
  }

  /// Where it says that it is well: never a page that runs a generation.
  public String healthPath() {
    return switch (this) {
      case VLLM, SGLANG, LLAMACPP -> HealthCheck.DEFAULT.path();
      case OLLAMA -> "/";
      case OPENAI -> "/v1/models";
    };
  }

  /// How it says how busy it is, if it does.
  public Optional<LoadSource.Engine> load() {
    return switch (this) {
      case VLLM -> Optional.of(LoadSource.Engine.VLLM);
      case SGLANG -> Optional.of(LoadSource.Engine.SGLANG);
      case LLAMACPP -> Optional.of(LoadSource.Engine.LLAMACPP);
      case OLLAMA, OPENAI -> Optional.empty();
    };
  }
}
