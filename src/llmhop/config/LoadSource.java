package llmhop.config;

import java.time.Duration;

/// Where backends say how busy they are.
///
/// @param engine what they are
/// @param every how often they are asked
public record LoadSource(Engine engine, Duration every) {
  /// How often they are asked where nothing is said.
  public static final Duration USUAL_EVERY = Duration.ofSeconds(2);

  /// Refuses more questions than a server should have to answer.
  public LoadSource {
    Checks.that(every.compareTo(HealthCheck.LEAST_EVERY) >= 0, "every below its least");
  }

  /// An inference server that tells its load.
  public enum Engine {
    /// vLLM: `GET /metrics`.
    VLLM,
    /// SGLang: `GET /v1/loads`.
    SGLANG,
    /// llama.cpp's server: `GET /metrics`, which its flag `--metrics` opens.
    LLAMACPP
  }
}
