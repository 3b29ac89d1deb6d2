package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llmhop.kit.Answer;
import llmhop.kit.Multipart;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Seen;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Where the model's name stands, which model it leads to, and which bytes the backend gets.
class FindingTheModelTest {
  private static final String CHAT = "/v1/chat/completions";

  private ScriptedBackend one;
  private ScriptedBackend other;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    one = ScriptedBackend.onTcp();
    other = ScriptedBackend.onTcp();
    one.always(answerJson(200, "{\"from\":\"one\"}"));
    other.always(answerJson(200, "{\"from\":\"other\"}"));
    router =
        RouterUnderTest.of(
            """
            {'models': {
               'one': {'url': '%1$s', 'aliases': ['uno'], 'adapters': ['one-lora']},
               'named "x"': {'url': '%1$s', 'rename': 'the/real "name"'},
               'a/*': {'url': '%1$s', 'rename': '*'},
               'a/b/*': {'url': '%2$s'},
               'other': {'url': '%2$s'}}}
            """
                .replace("\"", "\\\"")
                .formatted(one.url(), other.url()));
  }

  @AfterEach
  void end() {
    router.close();
    one.close();
    other.close();
  }

  private Seen seenBy(ScriptedBackend backend, Request request) {
    Answer answer = router.ask(request);
    assertEquals(200, answer.status(), answer::toString);
    return backend.request(backend.executions());
  }

  private static Request chat(String json) {
    return Request.post(CHAT, json);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"one\"}",
        " \r\n\t{ \"messages\" : [{\"model\":\"other\"}] , \"model\" : \"one\" } \n",
        "\ufeff{\"model\":\"one\"}",
        "{\"mod\\u0065l\":\"\\u006Fne\"}",
        "{\"x\":\"\\\"model\\\":\\\"other\\\"\",\"model\":\"one\",\"y\":[[],{}]}",
        "{\"model\":\"one\",\"emoji\":\"\\ud83d\",\"n\":-0.1e+5,\"t\":[true,false,null]}"
      })
  void aBodyIsForwardedByteForByte(String json) {
    Seen seen = seenBy(one, chat(json));
    assertArrayEquals(json.getBytes(StandardCharsets.UTF_8), seen.body());
    assertEquals(CHAT, seen.target());
    Seen chunked = seenBy(one, chat(json).chunked(7));
    assertArrayEquals(json.getBytes(StandardCharsets.UTF_8), chunked.body());
    assertEquals(Optional.of(String.valueOf(seen.body().length)), chunked.field("Content-Length"));
    assertEquals(Optional.empty(), chunked.field("Transfer-Encoding"));
  }

  @Test
  void aRequestSentByteByByteIsTheSameRequest() {
    String json = "{\"x\":\"ä€😀\",\"model\":\"one\"}";
    try (RawCaller caller = router.caller()) {
      caller.sendByteByByte(chat(json));
      assertEquals(200, caller.read().status());
    }
    assertEquals(json, one.request(1).text());
  }

  @Test
  void aLargeBodyOfManySegmentsIsForwardedByteForByte() {
    var random = new Random(7);
    char[] letters = new char[3_000_000];
    for (int i = 0; i < letters.length; i++) {
      letters[i] = (char) ('a' + random.nextInt(26));
    }
    String json = "{\"x\":\"" + new String(letters) + "\",\"model\":\"%s\"}";
    for (Request request :
        new Request[] {chat(json.formatted("uno")), chat(json.formatted("uno")).chunked(70_000)}) {
      assertTrue(seenBy(one, request).text().equals(json.formatted("one")));
    }
  }

  @ParameterizedTest
  @CsvSource({"uno, one", "one, one", "one-lora, one-lora", "a/x, x", "a/x/y, x/y"})
  void aNameIsSplicedToTheOneThatTheBackendKnows(String asked, String sent) {
    String json = "{\"before\": 1 , \"model\" : \"%s\" ,\"after\":\"model\"}";
    assertEquals(json.formatted(sent), seenBy(one, chat(json.formatted(asked))).text());
  }

  @Test
  void anEscapedNameAndAQuotedOneAreSplicedAsJson() {
    Seen seen = seenBy(one, chat("{\"model\":\"n\\u0061med \\\"x\\\"\",\"z\":0}"));
    assertEquals("{\"model\":\"the/real \\\"name\\\"\",\"z\":0}", seen.text());
  }

  @Test
  void theLongestPrefixWins() {
    assertEquals("{\"model\":\"a/b/c\"}", seenBy(other, chat("{\"model\":\"a/b/c\"}")).text());
    assertEquals(0, one.executions());
  }

  @Test
  void aFormNamesItsModelInAPartWhereverItStands() {
    byte[] audio = new byte[300_000];
    new Random(3).nextBytes(audio);
    for (String name : new String[] {"one", "uno"}) {
      Request request =
          new Multipart("xYzZy")
              .text("language", "en")
              .file("file", "a.wav", audio)
              .text("model", name)
              .text("prompt", "model")
              .post("/v1/audio/transcriptions");
      byte[] expected =
          new String(request.body(), StandardCharsets.ISO_8859_1)
              .replace("\r\n\r\nuno\r\n", "\r\n\r\none\r\n")
              .getBytes(StandardCharsets.ISO_8859_1);
      Seen seen = seenBy(one, request);
      assertTrue(Arrays.equals(expected, seen.body()), "only the name's bytes change");
      assertEquals(request.with().fields().getLast().value(), seen.field("Content-Type").get());
    }
  }

  @Test
  void aFormWithTwoModelsOrNoneIsRefused() {
    Request two =
        new Multipart("b").text("model", "one").text("model", "other").post("/v1/audio/speech");
    assertEquals(Optional.of("duplicate_model"), router.ask(two).jsonString("code"));
    Request none = new Multipart("b").text("x", "one").post("/v1/audio/transcriptions");
    assertEquals(Optional.of("missing_model"), router.ask(none).jsonString("code"));
    Request broken =
        Request.post(
            "/v1/x",
            "--b\r\nno end".getBytes(StandardCharsets.UTF_8),
            "multipart/form-data; boundary=b");
    assertEquals(Optional.of("invalid_request"), router.ask(broken).jsonString("code"));
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /route/one/v1/whatever?x=1, /v1/whatever?x=1",
    "DELETE, /route/uno/v1/responses/r1, /v1/responses/r1",
    "GET, /route/one, /",
    "GET, /v1/realtime?model=uno&x=%20, /v1/realtime?model=uno&x=%20"
  })
  void aPathOrAQueryNamesTheModelOfARequestWithoutABody(
      String method, String target, String forwarded) {
    Seen seen = seenBy(one, Request.of(method, target, new byte[0]));
    assertEquals(method, seen.method());
    assertEquals(forwarded, seen.target());
    assertEquals(0, seen.body().length);
  }

  @Test
  void aRoutedBodyOfAnyKindPasses() {
    byte[] bytes = new byte[200_000];
    new Random(5).nextBytes(bytes);
    bytes[0] = 'R';
    for (byte[] body : new byte[][] {bytes, Arrays.copyOf(bytes, 1000)}) {
      Request request = Request.post("/route/other/v1/x", body, "application/octet-stream");
      assertArrayEquals(body, seenBy(other, request).body());
      assertArrayEquals(body, seenBy(other, request.chunked(5000)).body());
    }
  }

  @Test
  void aRoutedBodyMayRepeatTheModelByAnyOfItsNames() {
    Request request = Request.post("/route/one" + CHAT, "{\"model\":\"uno\"}");
    assertEquals("{\"model\":\"one\"}", seenBy(one, request).text());
    assertEquals("{}", seenBy(one, Request.post("/route/one" + CHAT, "{}")).text());
  }

  @Test
  void aLargeRoutedBodyThatNamesAnotherModelNeverBecomesAWholeRequest() {
    String json = "{\"x\":\"" + "y".repeat(900_000) + "\",\"model\":\"%s\"}";
    Request wrong = Request.post("/route/other" + CHAT, json.formatted("one"));
    Answer answer = router.ask(wrong);
    assertEquals(400, answer.status(), answer::toString);
    assertEquals(Optional.of("model_mismatch"), answer.jsonString("code"));
    assertEquals(0, other.executions());
    other.forgetProblems();
    Request right = Request.post("/route/other" + CHAT, json.formatted("other"));
    assertEquals(200, router.ask(right).status());
    // The backend may take note of the broken one later, or never when it was reset first.
    List<Seen> whole = other.requests().stream().filter(Seen::complete).toList();
    assertEquals(List.of(json.formatted("other")), whole.stream().map(Seen::text).toList());
    other.forgetProblems();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"model\":\"one\"", "{\"a\":NaN}", "{\"model\":1}"})
  void aRoutedBodyThatBeginsLikeAnObjectMustBeOne(String body) {
    Answer answer = router.ask(Request.post("/route/other" + CHAT, body));
    assertEquals(400, answer.status());
    assertEquals(0, other.executions());
  }

  @Test
  void aRoutedBodyInUtf16CannotHideAModel() {
    for (var charset :
        new java.nio.charset.Charset[] {
          StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE, StandardCharsets.UTF_16
        }) {
      byte[] body = " {\"model\":\"one\"}".getBytes(charset);
      Answer answer = router.ask(Request.post("/route/other" + CHAT, body, "application/json"));
      assertEquals(Optional.of("invalid_json"), answer.jsonString("code"));
    }
    assertEquals(0, other.executions());
  }

  @Test
  void theDefaultTakesRequestsThatNameNoModel() {
    try (var lenient =
        RouterUnderTest.of(
            "{'default': 'one', 'models': {'one': {'url': '%s'}, 'other': {'url': '%s'}}}"
                .formatted(one.url(), other.url()))) {
      assertEquals(200, lenient.ask(chat("{}")).status());
      assertEquals(200, lenient.ask(Request.get("/v1/files")).status());
      assertEquals("/v1/files", one.request(2).target());
      assertEquals(200, lenient.ask(chat("{\"model\":\"other\"}")).status());
      assertEquals(404, lenient.ask(chat("{\"model\":\"x\"}")).status());
      assertEquals(2, one.executions());
      assertEquals(1, other.executions());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a/x/../y",
        "a/x/./y",
        "a/x/..",
        "a/x\\\\..\\\\y",
        "a/x\\u0000",
        "a/y\\u0000-x",
        "a/x\\n"
      })
  void nameThatLeadsOutOfAnAllowListIsRefused(String name) throws IOException {
    try (var guarded =
        RouterUnderTest.of(
            """
            {'authTokens': [{'token': 'guest', 'models': ['a/x*', 'a/*-x']}, 'all'],
             'models': {'a/*': {'url': '%s'}}}
            """
                .formatted(one.url()))) {
      Request request = chat("{\"model\":\"" + name + "\"}");
      Answer answer = guarded.ask(request.withToken("guest"));
      assertEquals(Optional.of("invalid_request"), answer.jsonString("code"), answer::toString);
      assertEquals(0, one.executions());
      assertEquals(200, guarded.ask(request.withToken("all")).status());
      for (String plain : new String[] {"a/x", "a/x..y/.z", "a/x/y:latest", "a/x/...", "a/é-x"}) {
        Request other = chat("{\"model\":\"" + plain + "\"}").withToken("guest");
        assertEquals(200, guarded.ask(other).status(), plain);
      }
    }
  }

  @Test
  void aUrlsPathComesFirstAndItsVersionIsNotSaidTwice() {
    try (var prefixed =
        RouterUnderTest.of(
            """
            {'models': {
               'root': {'url': '%1$s'},
               'sub': {'url': '%1$s/api/'},
               'v1': {'url': '%1$s/api/v1'},
               'base': {'baseUrl': '%1$s/api/v3'}}}
            """
                .formatted(one.url()))) {
      String[][] cases = {
        {"root", CHAT, CHAT},
        {"sub", CHAT, "/api" + CHAT},
        {"v1", CHAT, "/api" + CHAT},
        {"v1", "/tokenize", "/api/v1/tokenize"},
        {"base", CHAT, "/api/v3/chat/completions"},
        {"base", "/tokenize", "/api/v3/tokenize"},
        {"base", "/v1beta/x", "/api/v3/v1beta/x"}
      };
      for (int i = 0; i < cases.length; i++) {
        Request request = Request.post(cases[i][1], "{\"model\":\"" + cases[i][0] + "\"}");
        assertEquals(200, prefixed.ask(request).status());
        assertEquals(cases[i][2], one.request(i + 1).target());
      }
    }
  }

  @Test
  void anAdminPathIsClosedAsTheBackendWouldSeeIt() {
    try (var based =
        RouterUnderTest.of(
            "{'models': {'base': {'baseUrl': '%1$s'}, 'open': {'url': '%1$s', 'allowPaths':"
                    .formatted(one.url())
                + " ['/sleep']}}}")) {
      Answer answer = based.ask(Request.post("/v1/sleep", "{\"model\":\"base\"}"));
      assertEquals(Optional.of("path_not_allowed"), answer.jsonString("code"));
      assertEquals(200, based.ask(Request.post("/%73leep", "{\"model\":\"open\"}")).status());
      assertEquals("/%73leep", one.request(1).target());
      assertEquals(403, based.ask(Request.post("/wake_up", "{\"model\":\"open\"}")).status());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/v1/../../b/x", "/../b/x", "/%2e%2e/b/x", "/v1/..%2f..%2fb/x", "/v1/./x"})
  void aPathCannotLeaveThePlaceThatTheUrlGivesIt(String path) {
    try (var based =
        RouterUnderTest.of("{'models': {'based': {'url': '%s/team/a'}}}".formatted(one.url()))) {
      Answer answer = based.ask(Request.post(path, "{\"model\":\"based\"}"));
      assertEquals(400, answer.status(), answer::toString);
      assertEquals(0, one.requests().size());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /route/one/v1/realtime?model=other",
        "POST /v1/x?model=other",
        "POST /v1/x?model=unknown",
        "POST /v1/x?Model=other",
        "POST /v1/x?a=b;model=other",
        "POST /v1/x?model=one;model=other",
        "POST /v1/x?a;b;mod%65l=other",
        "POST /v1/x?a;Model[]=other",
        "POST /v1/x?model[]=other",
        "POST /v1/x?model%5B0%5D=other",
        "POST /v1/x?=model=other",
        "POST /v1/x?%20model=other",
        "POST /v1/x?model%00=other"
      })
  void aQueryThatNamesAnotherModelIsRefused(String line) {
    String[] words = line.split(" ");
    byte[] body = words[0].equals("GET") ? new byte[0] : "{\"model\":\"one\"}".getBytes();
    Answer answer = router.ask(Request.of(words[0], words[1], body));
    assertEquals(400, answer.status(), answer::toString);
    assertEquals(0, one.requests().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "models=a;b",
        "x[model]=a",
        "a;b=c",
        "include[]=x",
        "model_id=a",
        "=",
        "&&=a&",
        ";"
      })
  void aQueryThatNamesNoModelPasses(String query) {
    Seen seen = seenBy(one, Request.post("/v1/x?" + query, "{\"model\":\"one\"}"));
    assertEquals("/v1/x?" + query, seen.target());
  }

  @Test
  void aQueryThatNamesTheSameModelPasses() {
    Seen seen = seenBy(one, Request.post("/v1/x?model=uno&y=1", "{\"model\":\"one\"}"));
    assertEquals("/v1/x?model=uno&y=1", seen.target());
  }

  @Test
  void aFormThatEnginesWouldReadOtherwiseIsRefused() {
    byte[] form = new Multipart("b").text("model", "one").bytes();
    for (String type :
        new String[] {
          "multipart/form-data; boundary=b; charset=utf-16-le",
          "multipart/form-data; boundary=b; boundary=c",
          "multipart/form-data"
        }) {
      assertEquals(400, router.ask(Request.post("/v1/x", form, type)).status(), type);
    }
    byte[] charset = new Multipart("b").text("_charset_", "x").text("model", "one").bytes();
    assertEquals(
        400,
        router.ask(Request.post("/v1/x", charset, "multipart/form-data; boundary=b")).status());
    String json = "{\"model\":\"one\"}";
    assertEquals(
        400,
        router
            .ask(Request.post("/v1/x", json.getBytes(), "application/json; charset=utf-7"))
            .status());
    assertEquals(0, one.requests().size());
    assertEquals(
        200,
        router
            .ask(Request.post("/v1/x", json.getBytes(), "application/json; charset=\"UTF-8\""))
            .status());
  }

  @Test
  void aRestrictedCallerCannotHideAModelInAnotherKindOfForm() {
    try (var strict =
        RouterUnderTest.of(
            """
            {'authTokens': [{'name': 'a', 'token': 'k', 'models': ['one']}, 'all'],
             'models': {'one': {'url': '%s'}}}
            """
                .formatted(one.url()))) {
      Request form =
          Request.post(
              "/route/one/x", "model=other".getBytes(), "application/x-www-form-urlencoded");
      assertEquals(400, strict.ask(form.withToken("k")).status());
      assertEquals(200, strict.ask(form.withToken("all")).status());
    }
  }
}
