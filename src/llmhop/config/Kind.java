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
}
