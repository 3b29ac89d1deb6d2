package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import llmhop.kit.Answer;
import llmhop.kit.Multipart;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Bodies in which a laxer reader than the router finds another model: the allow-list of a token
/// must hold for that reader too.
class DisguisedModelTest {
  private static final String CHAT = "/v1/chat/completions";

  private ScriptedBackend backend;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.always(answerJson(200, "{}"));
    router =
        RouterUnderTest.of(
            """
            {'authTokens': [{'name': 'guest', 'token': 'guest', 'models': ['one']}, 'all'],
             'models': {'one': {'url': '%1$s'}, 'other': {'url': '%1$s'}}}
            """
                .formatted(backend.url()));
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  private void refused(Request request) {
    int before = backend.requests().size();
    Answer answer = router.ask(request);
    assertEquals(400, answer.status(), () -> request + "\n" + answer);
    assertTrue(answer.jsonString("message").orElse("").endsWith("."), answer::text);
    assertEquals(before, backend.requests().size());
  }

  private void passes(Request request) {
    Answer answer = router.ask(request);
    assertEquals(200, answer.status(), () -> request + "\n" + answer);
    assertArrayEquals(request.body(), backend.request(backend.executions()).body());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Request json(String target, String contentType) {
    return Request.post(target, bytes("{\"model\":\"one\"}"), contentType);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json; charset=utf-7",
        "application/json; charset =utf-7",
        "application/json; charset= utf-7",
        "application/json; charset = \"utf-7\"",
        "application/json; charset\t=utf-7",
        "application/json; CHARSET =utf-7",
        "application/json;charset='utf-7'",
        "application/json; charset*=utf-8''utf-7",
        "application/json; charset*0=utf-7",
        "application/json; charset*0=utf; charset*1=-7",
        "application/json; charset*0*=us-ascii''utf-7",
        "application/json; charset=utf-8; charset=utf-7",
        "application/json; charset=utf-8; charset=utf-8",
        "application/json; charset=utf-8; charset*=us-ascii''utf-7",
        "application/json; charset=utf-8; Charset=utf-16",
        "application/json; charset=\"utf\\-7\"",
        "application/json; charset=\"\\utf-8\"",
        "application/json; charset=\"utf-8;charset=utf-7\"",
        "application/json; charset=\"utf-8",
        "application/json; charset=\"utf-8\"utf-7",
        "application/json; charset=\" utf-7\"",
        "application/json; charset=\"\"",
        "application/json; charset=",
        "application/json; charset",
        "application/json; charset:utf-7",
        "application/json charset=utf-7",
        "application/json, charset=utf-7",
        "application/json (charset=utf-7)",
        "application/json; (a) charset=utf-7",
        "application/json; x=(a); charset=utf-8",
        "application/json; x=\"a;charset=utf-7\"",
        "application/json; x=\"a\\\";charset=utf-7;b=\\\"\"",
        "application/json; xcharset=utf-7",
        "application/json; x-charset=utf-7; charset=utf-8",
        "application/json,text/plain; charset=utf-7",
        "application/json; charset=utf-8, text/plain; charset=utf-7",
        "application/json; text/plain; charset=utf-8",
        "text/plain;charset=utf-16",
        "application/problem+json;charset=cp037",
        "text/x-y; charset=latin1",
        "application/json; charset=utf-16le",
        "application/json; charset=utf-32",
        "application/json; charset=iso-2022-jp",
        "application/json; charset=utf-8-sig",
        "application/json; charset=unicode-1-1-utf-8",
        "application /json",
        "application/ json",
        "application/json/x",
        "application/",
        "/json",
        "json",
        ";charset=utf-8",
        "application/json; =utf-7",
        "application/json; \u00e9=x",
        "appl\u00efcation/json"
      })
  void contentTypeThatCanBeReadInAnotherCharsetIsRefused(String type) {
    for (String target : new String[] {CHAT, "/route/one" + CHAT}) {
      refused(json(target, type).withToken("guest"));
      refused(json(target, type).withToken("all"));
      refused(json(target, type).withToken("all").chunked(5));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "APPLICATION/JSON",
        "application/json;",
        "application/json; ;;",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        "application/json ;\tCharset=\"Utf-8\" ; ",
        "application/json; charset=utf8",
        "application/json; charset=\"UTF8\"",
        "application/json; charset=us-ascii",
        "application/json; odata=verbose; charset=utf-8",
        "application/json; profile=\"https://a.example/b;c,d\"",
        "application/vnd.api+json",
        "text/plain;charset=UTF-8",
        "text/json",
        "*/*",
        ""
      })
  void contentTypeOfRealClientsPasses(String type) {
    for (String target : new String[] {CHAT, "/route/one" + CHAT}) {
      passes(json(target, type).withToken("guest"));
      passes(json(target, type).withToken("all"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Type: text/plain",
        "Content_Type: application/json; charset=utf-7",
        "content_type: application/x-www-form-urlencoded",
        "Content_Encoding: gzip",
        "Content_Length: 3",
        "Transfer_Encoding: chunked"
      })
  void secondFieldThatSomeServersTakeForTheFirstIsRefused(String line) {
    refused(json(CHAT, "application/json").with(line).withToken("all"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "x-gzip", "identity, gzip", "gzip, identity", "br", "GZIP", ","})
  void guestCannotSendABodyThatTheRouterCannotRead(String coding) {
    for (String target : new String[] {CHAT, "/route/one" + CHAT}) {
      Request request = json(target, "application/json").with("Content-Encoding: " + coding);
      assertEquals(415, router.ask(request.withToken("guest")).status());
      Request twice =
          json(target, "application/json")
              .with("Content-Encoding: identity", "content-encoding: " + coding);
      assertEquals(415, router.ask(twice.withToken("guest")).status());
    }
    passes(json(CHAT, "application/json").with("Content-Encoding: Identity").withToken("guest"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-Urlencoded ; charset=utf-8",
        "multipart/mixed; boundary=b",
        "Multipart/Related;boundary=b",
        "multipart/form-data-x; boundary=b",
        "application/xml",
        "text/xml",
        "application/soap+xml; charset=utf-8",
        "application/yaml",
        "application/x-yaml",
        "text/vnd.yaml",
        "application/msgpack",
        "application/x-msgpack",
        "application/vnd.msgpack",
        "application/cbor",
        "application/cose+cbor",
        "application/bson",
        "application/toml",
        "application/x-protobuf"
      })
  void guestCannotSendATypeThatNamesItsMembersInAnotherWay(String type) {
    Request request = Request.post("/route/one" + CHAT, bytes("model=other"), type);
    refused(request.withToken("guest"));
    passes(request.withToken("all"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x{\"model\":\"other\"}",
        "/* */{\"model\":\"other\"}",
        "//\n{\"model\":\"other\"}",
        "\u000b{\"model\":\"other\"}",
        "\u00a0{\"model\":\"other\"}",
        "\"\"{\"model\":\"other\"}",
        "5 {\"model\":\"other\"}",
        "model=other"
      })
  void guestCannotPutSomethingBeforeAnObject(String body) {
    for (String type :
        new String[] {
          "application/json", "Application/JSON; charset=utf-8", "text/x; y=\"application/json\""
        }) {
      Request request = Request.post("/route/one" + CHAT, bytes(body), type);
      refused(request.withToken("guest"));
      passes(request.withToken("all"));
    }
  }

  @Test
  void guestMaySendMediaAndArraysUnderTheModelsPath() {
    byte[] wav = {'R', 'I', 'F', 'F', 0, 1, 2, (byte) 0xff, '{', '"'};
    for (String type :
        new String[] {"audio/wav", "application/octet-stream", "image/png", "text/plain", ""}) {
      passes(Request.post("/route/one/v1/x", wav, type).withToken("guest"));
    }
    passes(Request.post("/route/one/v1/x", "[1,2]").withToken("guest"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'model':'one','models':['other']",
        "'models':['other'],'model':'one'",
        "'model':'one','MODELS':['other']",
        "'model':'one','model\\u0073':['other']",
        "'model':'one','fallbacks':['other']",
        "'model':'one','context_window_fallbacks':[{'one':['other']}]",
        "'model':'one','content_policy_fallbacks':[{'one':['other']}]"
      })
  void guestCannotNameFurtherModels(String members) {
    byte[] object = bytes("{" + members.replace('\'', '"') + "}");
    for (String target : new String[] {CHAT, "/route/one" + CHAT}) {
      Request request = Request.post(target, object, "application/json");
      refused(request.withToken("guest"));
      passes(request.withToken("all"));
    }
  }

  @Test
  void guestMayUseTheWordsElsewhere() {
    String object =
        "{\"model\":\"one\",\"metadata\":{\"models\":[]},\"models_\":1,\"x\":\"fallbacks\"}";
    passes(Request.post(CHAT, object).withToken("guest"));
  }

  @Test
  void nameOfATypeHas127CharactersAtMost() {
    byte[] object = bytes("{\"model\":\"one\"}");
    String longest = "application/" + "x".repeat(127);
    passes(Request.post("/route/one/x", object, longest).withToken("guest"));
    refused(Request.post("/route/one/x", object, longest + "x").withToken("guest"));
  }

  @Test
  void contentTypeOfARequestWithoutABodyIsNotJudged() {
    Request get = Request.get("/route/one/v1/x").with("Content-Type: undefined");
    assertEquals(200, router.ask(get.withToken("guest")).status());
  }

  // ---- forms

  private static Request form(String disposition) {
    return new Multipart("b")
        .part("Content-Disposition: form-data; " + disposition + "\r\n", bytes("other"))
        .text("model", "one")
        .post("/v1/audio/transcriptions")
        .withToken("guest");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "filename=\"a;name=model\"; name=\"x\"",
        "filename=\"a;name=model;b\"; name=\"x\"",
        "name=\"x\"; filename=\"a;name=model;b\"",
        "name=\"x\"; filename=\"a; name = 'model'; b\"",
        "name=\"model[]\"",
        "name=\"model[0]\"",
        "name=\"[model]\"",
        "name=\"<model>\"",
        "name='model'",
        "name = \"model\"",
        "name*=utf-8''model",
        "name=\"=?utf-8?Q?model?=\"",
        "name=\"mod%65l\"",
        "name=\"model \"",
        "name=\"x=model;\"",
        "name=\"Model\""
      })
  void partThatAnotherReaderTakesForTheModelIsRefused(String disposition) {
    refused(form(disposition));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name=\"image[]\"; filename=\"a.png\"",
        "name=\"include[]\"",
        "name=\"timestamp_granularities[]\"",
        "name=\"metadata[model]\"",
        "name=\"file\"; filename=\"a;b; c=d.wav\"",
        "name=\"file\"; filename=\"model\"",
        "name=\"file\"; filename=\"rename=model.wav\"",
        "name=\"file\"; filename=\"C:\\\\a\\\\model.wav\"",
        "name=\"file\"; filename=\"a%22;b.wav\"",
        "name=\"file\"; filename=\"a\\\";b.wav\"",
        "name=\"file\"; filename=\"\u00e4.wav\"; filename*=UTF-8''%C3%A4.wav",
        "name=file; filename=a.wav",
        "name=\"model_name\"",
        "name=\"models\"",
        "name=\"embedding-model\""
      })
  void partsOfRealClientsPass(String disposition) {
    passes(form(disposition));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "multipart/form-data; boundary=b; charset =utf-16",
        "multipart/form-data; boundary=b; charset*=us-ascii''utf-16",
        "multipart/form-data; x-boundary=c; boundary=b",
        "multipart/form-data; x=\"boundary=c\"; boundary=b",
        "multipart/form-data; boundary=b; boundary*=us-ascii''c",
        "multipart/form-data, application/json; boundary=b",
        "multipart/form-data; boundary =b"
      })
  void formWithTwoBoundariesOrAnotherCharsetIsRefused(String type) {
    byte[] body = new Multipart("b").text("model", "one").bytes();
    for (String target : new String[] {"/v1/audio/speech", "/route/one/v1/audio/speech"}) {
      refused(Request.post(target, body, type).withToken("all"));
    }
  }

  @Test
  void formOfAThousandPartsPassesAndOneMoreIsRefused() {
    var form = new Multipart("b").text("model", "one");
    for (int i = 1; i < 1000; i++) form.text("include[]", "x");
    passes(form.post("/v1/audio/transcriptions").withToken("guest"));
    backend.forgetProblems();
    Answer answer = router.ask(form.text("x", "y").post("/v1/x").withToken("guest"));
    assertEquals(400, answer.status(), answer::toString);
  }
}
