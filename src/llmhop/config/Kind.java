package llmhop.config;

import java.util.Locale;
import java.util.Optional;

/// The program that answers for a model, so that its paths are known.
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
  OPENAI,
  /// llama-swap, which starts other servers on demand.
  LLAMASWAP,
  /// TabbyAPI.
  TABBYAPI,
  /// Aphrodite Engine.
  APHRODITE,
  /// LocalAI.
  LOCALAI,
  /// LM Studio's server.
  LMSTUDIO,
  /// KoboldCpp.
  KOBOLDCPP,
  /// Hugging Face's Text Generation Inference.
  TGI;

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

  /// The path at which it answers health checks: never one that runs a generation each time. TGI
  /// generates a token at `/health` only while it is not known to be well.
  public String healthPath() {
    return switch (this) {
      case VLLM, SGLANG, LLAMACPP, LLAMASWAP, TABBYAPI, APHRODITE, TGI ->
          HealthCheck.DEFAULT.path();
      case LOCALAI -> "/readyz";
      case OLLAMA -> "/";
      case OPENAI, LMSTUDIO, KOBOLDCPP -> "/v1/models";
    };
  }

  /// The engine whose load it tells, if it tells any that the router can read.
  public Optional<LoadSource.Engine> load() {
    return switch (this) {
      case VLLM -> Optional.of(LoadSource.Engine.VLLM);
      case SGLANG -> Optional.of(LoadSource.Engine.SGLANG);
      case LLAMACPP -> Optional.of(LoadSource.Engine.LLAMACPP);
      case OLLAMA, OPENAI, LLAMASWAP, TABBYAPI, APHRODITE, LOCALAI, LMSTUDIO, KOBOLDCPP, TGI ->
          Optional.empty();
    };
  }

  /// Whether each server of this kind has a single model (and its adapters), so that no message in
  /// a WebSocket can name another one.
  public boolean hasOneModel() {
    return switch (this) {
      case VLLM, SGLANG, LLAMACPP, APHRODITE, TGI -> true;
      case OLLAMA, OPENAI, LLAMASWAP, TABBYAPI, LOCALAI, LMSTUDIO, KOBOLDCPP -> false;
    };
  }
}
