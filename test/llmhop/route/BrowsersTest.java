package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.StreamSupport;
import llmhop.http.wire.Fields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BrowsersTest {
  private static final String CHAT = "https://chat.example";
  private static final String EVIL = "https://evil.example";

  private final Browsers open = new Browsers(List.of(), false);
  private final Browsers closed = new Browsers(List.of(), true);
  private final Browsers openWithCors = new Browsers(List.of(CHAT, "http://localhost:3000"), false);
  private final Browsers closedWithCors = new Browsers(List.of(CHAT), true);
  private final Browsers openToAll = new Browsers(List.of("*"), false);

  /// Fields from lines like `Name: value`, beside a `Host`.
  private static Fields request(String... lines) {
    return fields("Host: router.lan:8080", lines);
  }

  private static Fields fields(String first, String... lines) {
    var fields = new Fields();
    add(fields, first);
    for (String line : lines) {
      add(fields, line);
    }
    return fields;
  }

  private static void add(Fields fields, String line) {
    int colon = line.indexOf(':');
    fields.add(line.substring(0, colon), line.substring(colon + 1).strip());
  }

  private static List<String> lines(Fields fields) {
    return StreamSupport.stream(fields.spliterator(), false)
        .map(field -> field.name() + ": " + field.value())
        .toList();
  }

  private static Fields passed(Browsers browsers, String method, Fields request) {
    return assertInstanceOf(Browsers.Pass.class, browsers.decide(method, request, false, false))
        .extra();
  }

  private static Refusal refused(Browsers browsers, String method, Fields request) {
    return assertThrows(Refusal.class, () -> browsers.decide(method, request, false, false));
  }

  private static Fields preflight(Browsers browsers, Fields request) {
    return assertInstanceOf(
            Browsers.Preflight.class, browsers.decide("OPTIONS", request, false, false))
        .answer();
  }

  // Without tokens: pages of others.

  @ParameterizedTest
  @ValueSource(strings = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
  void aForeignPageIsRefusedByAnOpenRouterAndPassedByOneWithTokens(String method) {
    Refusal refusal = refused(open, method, request("Origin: " + EVIL));
    assertEquals(403, refusal.status());
    assertEquals("origin_not_allowed", refusal.code());
    assertEquals("permission_error", refusal.type());
    assertFalse(refusal.closes());
    assertTrue(refusal.getMessage().contains("\"" + EVIL + "\""), refusal.getMessage());
    assertEquals(0, passed(closed, method, request("Origin: " + EVIL)).size());
  }

  @Test
  void whoIsNoBrowserPasses() {
    for (Browsers browsers : List.of(open, closed)) {
      assertSame(
          Browsers.Pass.NOTHING,
          browsers.decide("POST", request("User-Agent: curl"), false, false));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "http://router.lan:8080, router.lan:8080",
    "https://router.lan:8080, router.lan:8080",
    "http://router.lan:8080, Router.LAN:8080",
    "http://router.lan, router.lan",
    "http://router.lan, router.lan:80",
    "https://router.lan, router.lan:443",
    "https://router.lan, router.lan",
    "http://[::1]:8080, [::1]:8080",
    "http://127.0.0.1:8080, 127.0.0.1:8080",
  })
  void aPageOfTheRouterItselfPasses(String origin, String host) {
    assertEquals(0, passed(open, "POST", fields("Host: " + host, "Origin: " + origin)).size());
  }

  @ParameterizedTest
  @CsvSource({
    "null, router.lan",
    "'', router.lan",
    "http://router.lan:3000, router.lan:8080",
    "http://router.lan, router.lan:8080",
    "http://router.lan, router.lan:443",
    "https://router.lan, router.lan:80",
    "http://router.lan.evil.example, router.lan",
    "http://evil.example/router.lan, router.lan",
    "http://router.lan@evil.example, router.lan",
    "app://router.lan, router.lan",
    "file://, router.lan",
    "router.lan, router.lan",
    "http://, ''",
    "'http://router.lan, http://router.lan', router.lan",
    "'http://router.lan http://evil.example', router.lan",
  })
  void whatOnlyLooksLikeThatIsForeign(String origin, String host) {
    Fields request = fields("Host: " + host, "Origin: " + origin);
    assertEquals("origin_not_allowed", refused(open, "POST", request).code());
  }

  @Test
  void twoOriginsAreForeignEvenWhenBothAreListed() {
    Fields twice = request("Origin: " + CHAT, "Origin: " + CHAT);
    assertEquals(403, refused(openWithCors, "POST", twice).status());
  }

  @Test
  void overTlsOfOurOwnAPageOfTheSameHostWithoutTlsIsForeign() {
    Fields secure = fields("Host: router.lan", "Origin: https://router.lan");
    Fields plain = fields("Host: router.lan", "Origin: http://router.lan");
    assertInstanceOf(Browsers.Pass.class, open.decide("POST", secure, true, false));
    assertThrows(Refusal.class, () -> open.decide("POST", plain, true, false));
  }

  @Test
  void aPageBehindTheSameProxyPassesThoughTheProxyChangedTheHost() {
    passed(open, "POST", request("Origin: https://ui.example", "Sec-Fetch-Site: same-origin"));
    for (String site : List.of("same-site", "cross-site", "none", "")) {
      Fields other = request("Origin: https://ui.example", "Sec-Fetch-Site: " + site);
      assertEquals(403, refused(open, "POST", other).status());
    }
    Fields both =
        request("Origin: " + EVIL, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site");
    assertEquals(403, refused(open, "POST", both).status());
  }

  @Test
  void aForeignPageThatNamesNoOriginIsKnownByFetchMetadata() {
    Fields image = request("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors");
    Refusal refusal = refused(open, "GET", image);
    assertEquals("origin_not_allowed", refusal.code());
    assertTrue(refusal.getMessage().startsWith("Web pages of another site "));
    assertEquals(403, refused(openWithCors, "GET", image).status());
    passed(closed, "GET", image);
    passed(openToAll, "GET", image);
    for (String site : List.of("same-origin", "same-site", "none")) {
      passed(open, "GET", request("Sec-Fetch-Site: " + site, "Sec-Fetch-Mode: no-cors"));
    }
  }

  @Test
  void aLinkToTheRouterMayBeFollowed() {
    String site = "Sec-Fetch-Site: cross-site";
    String mode = "Sec-Fetch-Mode: navigate";
    passed(open, "GET", request(site, mode));
    passed(open, "GET", request(site, mode, "Sec-Fetch-Dest: document"));
    assertEquals(403, refused(open, "GET", request(site, mode, "Sec-Fetch-Dest: iframe")).status());
    assertEquals(403, refused(open, "POST", request(site, mode)).status());
    assertEquals(403, refused(open, "GET", request(site, "Sec-Fetch-Mode: websocket")).status());
  }

  // Pages that are listed.

  @Test
  void aListedPageGetsItsFieldsAndAnotherOnlyVary() {
    List<String> ours =
        List.of(
            "Access-Control-Allow-Origin: " + CHAT,
            "Access-Control-Expose-Headers: X-Request-Id, X-LLMhop-Backend, X-LLMhop-Model,"
                + " X-LLMhop-Error, Retry-After, x-should-retry, x-ratelimit-limit-requests,"
                + " x-ratelimit-remaining-requests, x-ratelimit-reset-requests",
            "Vary: Origin");
    Fields request = request("Origin: " + CHAT, "Sec-Fetch-Site: cross-site");
    for (Browsers browsers : List.of(openWithCors, closedWithCors)) {
      assertEquals(ours, lines(passed(browsers, "POST", request)));
      assertEquals(List.of("Vary: Origin"), lines(passed(browsers, "POST", request())));
    }
    assertEquals(
        List.of("Vary: Origin"), lines(passed(closedWithCors, "POST", request("Origin: " + EVIL))));
    assertEquals(403, refused(openWithCors, "POST", request("Origin: " + EVIL)).status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://CHAT.example",
        "http://chat.example",
        "https://chat.example:8443",
        "https://chat.example/",
        "https://chat.example.evil.example",
        "https://x.chat.example",
        "null"
      })
  void anOriginIsComparedToTheLetter(String origin) {
    passed(openWithCors, "POST", request("Origin: " + CHAT));
    assertEquals(403, refused(openWithCors, "POST", request("Origin: " + origin)).status());
  }

  @ParameterizedTest
  @ValueSource(strings = {CHAT, EVIL, "null", "app://obsidian.md"})
  void theStarAllowsEveryOriginWithoutNamingIt(String origin) {
    Fields answer = passed(openToAll, "POST", request("Origin: " + origin));
    assertEquals(List.of("*"), answer.all("Access-Control-Allow-Origin"));
    assertEquals(List.of("Origin"), answer.all("Vary"));
  }

  @Test
  void theBackendsOwnWordOnOriginsIsDroppedAndItsVaryKept() {
    Browsers.Decision decision =
        closedWithCors.decide("POST", request("Origin: " + CHAT), false, false);
    Fields answer =
        fields(
            "Content-Type: application/json",
            "access-control-allow-origin: *",
            "Access-Control-Allow-Credentials: true",
            "Vary: Accept-Encoding");
    assertInstanceOf(Browsers.Pass.class, decision).addTo(answer);
    assertEquals(List.of(CHAT), answer.all("Access-Control-Allow-Origin"));
    assertEquals(List.of("Accept-Encoding", "Origin"), answer.all("Vary"));
    assertFalse(answer.has("Access-Control-Allow-Credentials"));
    assertTrue(answer.has("Content-Type"));
  }

  @Test
  void theBackendDoesNotOpenWhatTheListLeavesClosed() {
    Fields answer = fields("Access-Control-Allow-Origin: *");
    assertInstanceOf(
            Browsers.Pass.class,
            closedWithCors.decide("POST", request("Origin: " + EVIL), false, false))
        .addTo(answer);
    assertEquals(List.of("Vary: Origin"), lines(answer));
  }

  @Test
  void withoutAListTheBackendsAnswerIsLeftAsItIs() {
    Fields answer = fields("Access-Control-Allow-Origin: *", "Vary: Origin");
    assertInstanceOf(
            Browsers.Pass.class, closed.decide("POST", request("Origin: " + EVIL), false, false))
        .addTo(answer);
    assertEquals(List.of("Access-Control-Allow-Origin: *", "Vary: Origin"), lines(answer));
  }

  // Questions before a request.

  @Test
  void aPreflightOfAListedPageIsAnswered() {
    Fields request =
        request(
            "Origin: " + CHAT,
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: authorization,content-type",
            "Access-Control-Request-Headers: , x-stainless-os");
    List<String> answer =
        List.of(
            "Access-Control-Allow-Origin: " + CHAT,
            "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
            "Access-Control-Allow-Headers: authorization, content-type, x-stainless-os",
            "Access-Control-Max-Age: 7200",
            "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers,"
                + " Access-Control-Request-Private-Network");
    assertEquals(answer, lines(preflight(openWithCors, request)));
    assertEquals(answer, lines(preflight(closedWithCors, request)));
    assertEquals(List.of("*"), preflight(openToAll, request).all("Access-Control-Allow-Origin"));
  }

  @Test
  void aPreflightOfAnotherPageIsNotAnswered() {
    Fields request = request("Origin: " + EVIL, "Access-Control-Request-Method: POST");
    assertEquals(403, refused(open, "OPTIONS", request).status());
    assertEquals(403, refused(openWithCors, "OPTIONS", request).status());
    assertEquals(0, passed(closed, "OPTIONS", request).size());
    assertEquals(List.of("Vary: Origin"), lines(passed(closedWithCors, "OPTIONS", request)));
  }

  @Test
  void onlyOptionsWithBothFieldsIsAPreflight() {
    passed(openWithCors, "OPTIONS", request("Origin: " + CHAT));
    passed(openWithCors, "OPTIONS", request("Access-Control-Request-Method: POST"));
    Fields both = request("Origin: " + CHAT, "Access-Control-Request-Method: POST");
    passed(openWithCors, "POST", both);
    passed(openWithCors, "options", both);
    preflight(openWithCors, both);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",", "x y", "authorization, a:b", "a;b", "\"a\"", "é"})
  void whatAreNoNamesIsNotEchoed(String names) {
    Fields request =
        request(
            "Origin: " + CHAT,
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: " + names);
    String allowed = preflight(openWithCors, request).first("Access-Control-Allow-Headers").get();
    assertTrue(allowed.startsWith("Authorization, Content-Type, "), allowed);
    assertTrue(allowed.contains("X-Api-Key, Api-Key"), allowed);
  }

  @Test
  void aPrivateNetworkIsOpenedWhenAsked() {
    String name = "Access-Control-Allow-Private-Network";
    String asked = "Access-Control-Request-Private-Network: ";
    String[] lines = {"Origin: " + CHAT, "Access-Control-Request-Method: POST", ""};
    lines[2] = asked + "true";
    assertEquals(List.of("true"), preflight(openWithCors, request(lines)).all(name));
    lines[2] = asked + "false";
    assertFalse(preflight(openWithCors, request(lines)).has(name));
    lines[2] = "Accept: */*";
    assertFalse(preflight(openWithCors, request(lines)).has(name));
  }

  // Names of this machine.

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "localhost:8080",
        "LocalHost:8080",
        "localhost.",
        "llm.localhost:8080",
        "127.0.0.1",
        "127.0.0.1:8080",
        "10.0.0.7:8080",
        "[::1]",
        "[::1]:8080",
        "[::ffff:127.0.0.1]:8080"
      })
  void aNameOfThisMachineIsTaken(String host) {
    assertInstanceOf(Browsers.Pass.class, open.decide("GET", fields("Host: " + host), false, true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "evillocalhost",
        ".evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1.nip.io:8080",
        "256.0.0.1",
        "::1",
        "[::1",
        "[::1]x",
        "[evil.example]",
        "[::1]:8080:1",
        "localhost:x",
        "localhost@evil.example",
        "localhost, evil.example"
      })
  void anyOtherNameIsRefusedOnALoopbackPortWithoutTokens(String host) {
    Fields request = fields("Host: " + host);
    Refusal refusal = assertThrows(Refusal.class, () -> open.decide("GET", request, false, true));
    assertEquals(421, refusal.status());
    assertEquals("misdirected", refusal.code());
    assertEquals("invalid_request_error", refusal.type());
    assertTrue(refusal.closes());
    assertInstanceOf(Browsers.Pass.class, open.decide("GET", request, false, false));
    assertInstanceOf(Browsers.Pass.class, closed.decide("GET", request, false, true));
  }

  @Test
  void aReboundNameDoesNotPassAsThePagesOwn() {
    Fields request = fields("Host: evil.example:8080", "Origin: http://evil.example:8080");
    assertEquals(
        421, assertThrows(Refusal.class, () -> open.decide("POST", request, false, true)).status());
    Fields preflight =
        fields("Host: evil.example", "Origin: " + CHAT, "Access-Control-Request-Method: POST");
    assertEquals(
        421,
        assertThrows(Refusal.class, () -> openWithCors.decide("OPTIONS", preflight, false, true))
            .status());
  }

  @Test
  void withoutAHostItIsNoBrowser() {
    assertInstanceOf(Browsers.Pass.class, open.decide("GET", fields("Accept: */*"), false, true));
  }
}
