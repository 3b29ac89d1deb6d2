package llmhop.tool;

import llmhop.json.JsonWriter;

/// How an API says what is wrong.
enum ErrorShape {
  /// As vLLM renders OpenAI's shape: names of its own for `type`, the status as `code`.
  OPENAI {
    @Override
    JsonWriter render(Refused refused) {
      var json = new JsonWriter().object().name("error").object();
      json.name("message").value(refused.getMessage());
      json.name("type").value(type(refused.status()));
      json.name("param");
      refused.parameter().ifPresentOrElse(json::value, json::nothing);
      return json.name("code").value(refused.status()).endObject().endObject();
    }

    private String type(int status) {
      return switch (status) {
        case 404 -> "NotFoundError";
        case 429 -> "RateLimitError";
        case 503 -> "ServiceUnavailableError";
        default -> status < 500 ? "BadRequestError" : "InternalServerError";
      };
    }
  },

  /// Anthropic's, see its page "Errors".
  ANTHROPIC {
    @Override
    JsonWriter render(Refused refused) {
      var json = new JsonWriter().object().name("type").value("error").name("error").object();
      json.name("type").value(type(refused.status()));
      return json.name("message").value(refused.getMessage()).endObject().endObject();
    }

    private String type(int status) {
      return switch (status) {
        case 401 -> "authentication_error";
        case 403 -> "permission_error";
        case 404 -> "not_found_error";
        case 413 -> "request_too_large";
        case 429 -> "rate_limit_error";
        case 503, 529 -> "overloaded_error";
        default -> status < 500 ? "invalid_request_error" : "api_error";
      };
    }
  },

  /// Ollama's: one sentence.
  OLLAMA {
    @Override
    JsonWriter render(Refused refused) {
      return new JsonWriter().object().name("error").value(refused.getMessage()).endObject();
    }
  };

  abstract JsonWriter render(Refused refused);

  static ErrorShape of(String path) {
    if (path.startsWith("/v1/messages")) {
      return ANTHROPIC;
    }
    return path.startsWith("/api/") ? OLLAMA : OPENAI;
  }
}
