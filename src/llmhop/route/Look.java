package llmhop.route;

import java.util.Optional;
import java.util.regex.Pattern;
import llmhop.http.wire.ContentType;
import llmhop.http.wire.Fields;
import llmhop.http.wire.MalformedException;
import llmhop.http.wire.MultipartException;
import llmhop.http.wire.MultipartScan;
import llmhop.json.MemberScan;
import llmhop.json.RefusedNames;
import llmhop.json.ScanException;

/// The look into a body while it arrives: judges it and finds the model that it names.
///
/// One pass, in any split; it keeps nothing of the body but the name, and what is wanted of its
/// affinity.
abstract class Look {
  /// The member or part that names the model.
  static final String MODEL = "model";

  /// The longest name, in bytes on the wire: longer than any real one, and bounded.
  static final int LONGEST_NAME = 1024;

  /// The deepest JSON: far over real tool schemas (about 20), far under what hurts a parser.
  static final int DEEPEST = 256;

  private static final String JSON = "application/json";

  /// The types, besides JSON, in which a server can find a member `model` where the router does not
  /// look: forms for cpp-httplib, Go and Starlette, XML for Go frameworks such as Echo and Fiber
  /// (LocalAI), the others for servers in general.
  private static final Pattern NAMING =
      Pattern.compile(
          "multipart/.*|.*/(.*[-.+])?(www-form-urlencoded|xml|yaml|yml|toml|msgpack|messagepack|cbor"
              + "|bson|ubjson|protobuf|grpc)");

  /// Members in which hosted APIs and gateways (OpenRouter, Anthropic, LiteLLM) take further
  /// models, which answer when the first one fails. A caller can make it fail, with a prompt that
  /// is too long for example.
  ///
  /// @see <a href="https://openrouter.ai/docs/guides/routing/model-fallbacks">OpenRouter</a>
  /// @see <a href="https://docs.litellm.ai/docs/proxy/client_side_fallbacks">LiteLLM</a>
  private static final RefusedNames FURTHER_MODELS =
      RefusedNames.of(
          "models", "fallbacks", "context_window_fallbacks", "content_policy_fallbacks");

  /// Stands for the look where there is no body.
  static final Look NOTHING =
      new Look() {
        @Override
        void feed(byte[] bytes, int offset, int length) {
          throw new IllegalStateException("no body was announced");
        }

        @Override
        Optional<Named> finish() {
          return Optional.empty();
        }
      };

  /// More of the body.
  ///
  /// @throws Refusal when it can't become right any more
  abstract void feed(byte[] bytes, int offset, int length);

  /// The body is over.
  ///
  /// @throws Refusal when it isn't whole or names no single model clearly
  abstract Optional<Named> finish();

  /// Whether it can see what the body says.
  boolean sees() {
    return true;
  }

  /// What the body says about which backend knows it; final after [#finish].
  Affinity affinity() {
    return Affinity.NONE;
  }

  /// The look for a request.
  ///
  /// @param namedOutside whether the path names the model, so that the body need not
  /// @param mustSee whether a body that can't be looked into is refused all the same
  /// @param wanted what to take note of in JSON; elsewhere there is nothing
  static Look of(Fields fields, boolean namedOutside, boolean mustSee, Affinity.Wanted wanted) {
    if (isEncoded(fields)) {
      if (!namedOutside || mustSee) {
        throw Refusal.unsupportedContentEncoding();
      }
      return new Unseen();
    }
    ContentType type = type(fields.first("Content-Type").orElse(""));
    if (type.is("multipart/form-data")) {
      return new Multipart(fields.first("Content-Type").get());
    }
    if (!type.isUtf8()) {
      throw Refusal.invalidJson("The body's charset must be UTF-8.");
    }
    if (mustSee && !type.is(JSON) && NAMING.matcher(type.type()).matches()) {
      throw Refusal.invalidRequest(
          "With this API key a body must be JSON, multipart/form-data or media.");
    }
    Json json = new Json(wanted, mustSee ? FURTHER_MODELS : RefusedNames.NONE);
    return namedOutside ? new Sniffing(json, mustSee && type.mentionsJson()) : json;
  }

  private static ContentType type(String field) {
    try {
      return ContentType.parse(field);
    } catch (MalformedException e) {
      throw Refusal.invalidRequest("Content-Type is not valid: " + e.getMessage() + ".");
    }
  }

  private static boolean isEncoded(Fields fields) {
    for (String coding : fields.all("Content-Encoding")) {
      if (!coding.isBlank() && !coding.strip().equalsIgnoreCase("identity")) {
        return true;
      }
    }
    return false;
  }

  /// A JSON object, as the API wants it.
  private static final class Json extends Look {
    private final AffinityListener listener;
    private final MemberScan scan;

    /// @param refused members that the object must not have
    Json(Affinity.Wanted wanted, RefusedNames refused) {
      listener = AffinityListener.of(wanted);
      scan = new MemberScan(MODEL, refused, DEEPEST, LONGEST_NAME, listener);
    }

    @Override
    void feed(byte[] bytes, int offset, int length) {
      try {
        scan.feed(bytes, offset, length);
      } catch (ScanException e) {
        throw refusal(e);
      }
    }

    @Override
    Optional<Named> finish() {
      try {
        scan.finish();
      } catch (ScanException e) {
        throw refusal(e);
      }
      return scan.value().map(name -> new Named(name, scan.valueStart(), scan.valueEnd(), true));
    }

    @Override
    Affinity affinity() {
      return listener.affinity();
    }

    private static Refusal refusal(ScanException e) {
      return switch (e.kind()) {
        case NOT_JSON, TOO_DEEP ->
            Refusal.invalidJson("The request body is not valid JSON: " + e.getMessage() + ".");
        case NOT_AN_OBJECT ->
            Refusal.invalidJson("The request body must be a JSON object that names a 'model'.");
        case DUPLICATE ->
            Refusal.duplicateModel(
                "The body names 'model' more than once (in any case of letters). Send it once.");
        case REFUSED ->
            Refusal.invalidRequest(
                "With this API key a body must name one model in 'model', and none in 'models' or"
                    + " 'fallbacks'.");
        case OTHER_CASE ->
            Refusal.missingModel("The body spells 'model' in another case. Use lower case.");
        case NOT_A_STRING -> Refusal.invalidModel("'model' must be a string.");
        case TOO_LONG -> Refusal.invalidModel("'model' is longer than " + LONGEST_NAME + " bytes.");
      };
    }
  }

  /// A form with files, such as audio to transcribe.
  private static final class Multipart extends Look {
    private final MultipartScan scan;

    Multipart(String contentType) {
      try {
        scan = new MultipartScan(contentType, MODEL, LONGEST_NAME);
      } catch (MultipartException e) {
        throw refusal(e);
      }
    }

    @Override
    void feed(byte[] bytes, int offset, int length) {
      try {
        scan.feed(bytes, offset, length);
      } catch (MultipartException e) {
        throw refusal(e);
      }
    }

    @Override
    Optional<Named> finish() {
      try {
        scan.finish();
      } catch (MultipartException e) {
        throw refusal(e);
      }
      return scan.value().map(name -> new Named(name, scan.valueStart(), scan.valueEnd(), false));
    }

    private static Refusal refusal(MultipartException e) {
      return switch (e.kind()) {
        case NOT_MULTIPART ->
            Refusal.invalidRequest("The multipart body is not valid: " + e.getMessage() + ".");
        case DUPLICATE ->
            Refusal.duplicateModel("The form has several parts named 'model'. Send one.");
        case OTHER_CASE ->
            Refusal.missingModel("The form spells 'model' in another case. Use lower case.");
        case TOO_LONG -> Refusal.invalidModel("'model' is longer than " + LONGEST_NAME + " bytes.");
      };
    }
  }

  /// The look into a body of any kind under `/route/{model}/`.
  ///
  /// A body that begins like a JSON object must be one, whatever its Content-Type says: engines do
  /// not look at the type either. A body that begins like an object in UTF-16 or UTF-32 is refused,
  /// since Python's parser would read it. gjson, which llama-swap asks for the model, reads from
  /// the first bracket on, whatever stands before: where the allow-list depends on it, JSON
  /// therefore begins with its bracket.
  private static final class Sniffing extends Look {
    private final Json json;
    private final boolean mustBeJson;
    private long skipped;
    private boolean wide;
    private boolean decided;
    private boolean isJson;

    /// @param mustBeJson whether another body than a JSON object or array is refused
    Sniffing(Json json, boolean mustBeJson) {
      this.json = json;
      this.mustBeJson = mustBeJson;
    }

    @Override
    void feed(byte[] bytes, int offset, int length) {
      int end = offset + length;
      int at = offset;
      while (!decided && at < end) {
        int octet = bytes[at] & 0xff;
        wide |= octet == 0 || octet == 0xfe || octet == 0xff;
        if (isBlankOrMark(octet) || octet == 0 || octet == 0xfe || octet == 0xff) {
          at++;
        } else {
          decide(octet);
        }
      }
      skipped += at - offset;
      if (isJson) {
        json.feed(bytes, at, end - at);
      }
    }

    private void decide(int octet) {
      decided = true;
      isJson = octet == '{';
      if (isJson && wide) {
        throw Refusal.invalidJson("The request body is not UTF-8. Send JSON in UTF-8.");
      }
      if (mustBeJson && !isJson && octet != '[') {
        throw Refusal.invalidJson("The request body must be a JSON object, as its type says.");
      }
    }

    private static boolean isBlankOrMark(int octet) {
      return octet == ' '
          || octet == '\t'
          || octet == '\r'
          || octet == '\n'
          || octet == 0xef
          || octet == 0xbb
          || octet == 0xbf;
    }

    @Override
    Optional<Named> finish() {
      return isJson
          ? json.finish()
              .map(n -> new Named(n.name(), n.start() + skipped, n.end() + skipped, true))
          : Optional.empty();
    }

    @Override
    Affinity affinity() {
      return json.affinity();
    }
  }

  /// A compressed body of a request whose path names the model: passed as it is.
  private static final class Unseen extends Look {
    @Override
    boolean sees() {
      return false;
    }

    @Override
    void feed(byte[] bytes, int offset, int length) {}

    @Override
    Optional<Named> finish() {
      return Optional.empty();
    }
  }
}
