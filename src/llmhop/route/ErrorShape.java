package llmhop.route;

import java.util.Locale;
import java.util.Optional;
import llmhop.json.JsonWriter;

/// How an error of ours looks in the API that the caller speaks.
///
/// @see <a href="https://platform.openai.com/docs/guides/error-codes">OpenAI's errors</a>
/// @see <a href="https://platform.openai.com/docs/api-reference/responses-streaming/error">an error
///   in a stream of `/v1/responses`</a>
/// @see <a href="https://docs.anthropic.com/en/api/errors">Anthropic's errors</a>
/// @see <a href="https://github.com/ollama/ollama/blob/main/docs/api.md">Ollama's API</a>
enum ErrorShape {
  /// `{"error":{"message","type","param","code"}}`.
  OPENAI {
    @Override
    JsonWriter write(Refusal refusal, String requestId) {
      return openAi(new JsonWriter().object(), refusal).endObject();
    }

    @Override
    String event(String json) {
      return data(json);
    }
  },
  /// The same for `/v1/responses`, whose streams have types of events: one of them is `error`. The
  /// SDKs throw for `error`, and show those an event who know the documented members.
  RESPONSES {
    @Override
    JsonWriter write(Refusal refusal, String requestId) {
      return OPENAI.write(refusal, requestId);
    }

    @Override
    String event(Refusal refusal, String requestId) {
      var json = new JsonWriter().object().name("type").value("error");
      json.name("code").value(refusal.code());
      json.name("message").value(refusal.getMessage());
      json = param(json, refusal).name("sequence_number").value(0);
      return event(openAi(json, refusal).endObject().toString());
    }

    @Override
    String event(String json) {
      return "event: error\n" + data(json);
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
      return "event: error\n" + data(json);
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

  /// An error's JSON as the last event of a stream that has begun.
  abstract String event(String json);

  /// The error as the last event of a stream that has begun.
  String event(Refusal refusal, String requestId) {
    return event(json(refusal, requestId));
  }

  String json(Refusal refusal, String requestId) {
    return write(refusal, requestId).toString();
  }

  /// The shape for a path, as the backend would see it. A long path in an unusual spelling is no
  /// API's, and is not looked into.
  static ErrorShape of(String path) {
    boolean plain = Readings.isPlain(path);
    if (!plain && path.length() > Readings.MAX_UNUSUAL_LENGTH) {
      return OPENAI;
    }
    String normal = plain ? path.toLowerCase(Locale.ROOT) : Readings.normal(path);
    if (normal.equals("/v1/messages") || normal.startsWith("/v1/messages/")) {
      return ANTHROPIC;
    }
    if (normal.equals("/v1/responses") || normal.startsWith("/v1/responses/")) {
      return RESPONSES;
    }
    return normal.startsWith("/api/") ? OLLAMA : OPENAI;
  }

  private static JsonWriter openAi(JsonWriter json, Refusal refusal) {
    json.name("error").object();
    json.name("message").value(refusal.getMessage());
    json.name("type").value(refusal.type());
    return param(json, refusal).name("code").value(refusal.code()).endObject();
  }

  private static JsonWriter param(JsonWriter json, Refusal refusal) {
    json.name("param");
    Optional<String> param = refusal.param();
    return param.isPresent() ? json.value(param.get()) : json.nothing();
  }

  /// A field for each line, which whoever reads it joins again (HTML standard, section 9.2.6).
  private static String data(String json) {
    String lines = json.replace("\r\n", "\n").replace('\r', '\n');
    return "data: " + lines.replace("\n", "\ndata: ") + "\n\n";
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
