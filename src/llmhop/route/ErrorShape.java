package llmhop.route;

import java.util.Optional;
import llmhop.json.JsonWriter;

/// How an error of ours looks in the API that the caller speaks.
///
/// @see <a href="https://platform.openai.com/docs/guides/error-codes">OpenAI's errors</a>
/// @see <a href="https://docs.anthropic.com/en/api/errors">Anthropic's errors</a>
/// @see <a href="https://github.com/ollama/ollama/blob/main/docs/api.md">Ollama's API</a>
enum ErrorShape {
  /// `{"error":{"message","type","param","code"}}`.
  OPENAI {
    @Override
    JsonWriter write(Refusal refusal, String requestId) {
      var json = new JsonWriter().object().name("error").object();
      json.name("message").value(refusal.getMessage());
      json.name("type").value(refusal.type());
      json.name("param");
      Optional<String> param = refusal.param();
      json = param.isPresent() ? json.value(param.get()) : json.nothing();
      return json.name("code").value(refusal.code()).endObject().endObject();
    }

    @Override
    String event(String json) {
      return "data: " + json + "\n\n";
    }
  },
  /// `{"type":"error","error":{"type","message"},"request_id"}` for `/v1/messages`.
  ANTHROPIC {
    @Override
    JsonWriter write(Refusal refusal, String requestId) {
      var json = new JsonWriter().object().name("type").value("error").name("error").object();
      json.name("type").value(anthropicType(refusal));
      json.name("message").value(refusal.getMessage()).endObject();
      return json.name("request_id").value(requestId).endObject();
    }

    @Override
    String event(String json) {
      return "event: error\ndata: " + json + "\n\n";
    }
  },
  /// `{"error":"…"}` for `/api/*`.
  OLLAMA {
    @Override
    JsonWriter write(Refusal refusal, String requestId) {
      return new JsonWriter().object().name("error").value(refusal.getMessage()).endObject();
    }

    @Override
    String event(String json) {
      return json + "\n";
    }
  };

  abstract JsonWriter write(Refusal refusal, String requestId);

  /// The error as the last event of a stream that has begun.
  abstract String event(String json);

  String json(Refusal refusal, String requestId) {
    return write(refusal, requestId).toString();
  }

  /// The shape for a path, as the backend would see it.
  static ErrorShape of(String path) {
    String normal = Readings.normal(path);
    if (normal.equals("/v1/messages") || normal.startsWith("/v1/messages/")) {
      return ANTHROPIC;
    }
    return normal.startsWith("/api/") ? OLLAMA : OPENAI;
  }

  private static String anthropicType(Refusal refusal) {
    return switch (refusal.status()) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503 -> "overloaded_error";
      case 504 -> "timeout_error";
      default -> refusal.status() < 500 ? "invalid_request_error" : "api_error";
    };
  }
}
