package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokensReaderTest {
  private static final String HEX =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // of abc

  @Test
  void withoutTheKeyEverybodyMayCome() throws ConfigException {
    assertEquals(List.of(), Reading.with("'log': 'off'").authTokens());
  }

  @Test
  void aTokenIsAStringOrADigestOrAnObject() throws ConfigException {
    List<Token> tokens =
        tokens(
            """
            'sk-one', 'sha256:%s', {'token': 'sk-three'}, {'name': 'ann', 'sha256': '%s',
            'models': ['m', 'llama*'], 'expires': '2031-01-01T00:00:00+01:00'}
            """
                .formatted(HEX, HEX.replace('b', 'c')));
    assertEquals(
        List.of(
            new Token("token-1", of("sk-one"), List.of(), Optional.empty(), TokenLimits.NONE),
            new Token("token-2", of("abc"), List.of(), Optional.empty(), TokenLimits.NONE),
            new Token("token-3", of("sk-three"), List.of(), Optional.empty(), TokenLimits.NONE),
            new Token(
                "ann",
                Sha256.parse(HEX.replace('b', 'c')),
                List.of("m", "llama*"),
                Optional.of(Instant.parse("2030-12-31T23:00:00Z")),
                TokenLimits.NONE)),
        tokens);
  }

  @Test
  void aTokenMayBeAReferenceToATextOrToADigest() throws ConfigException {
    Secrets secrets = Reading.env(Map.of("T", "sk-one", "D", "sha256:" + HEX, "H", HEX));
    for (String tokens :
        List.of("'${env:T}', '${env:D}'", "'$T', {'sha256': '$H'}", "'$T', 'sha256:${env:H}'")) {
      Config config =
          Reading.config(
              "{'models': {'m': {'url': 'http://h'}}, 'authTokens': [" + tokens + "]}", secrets);
      assertEquals(
          List.of(of("sk-one"), of("abc")),
          config.authTokens().stream().map(Token::digest).toList());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "|authTokens: an empty list lets nobody in",
        "''|authTokens[0]: an empty token",
        "{'token': ''}|authTokens[0].token: an empty token",
        "5|authTokens[0]: expected a token as a string, or an object",
        "{'name': 'a'}|authTokens[0]: has no token",
        "{'name': ''}|authTokens[0].name: a name has 1 to 128 characters",
        "{'name': ' a', 'token': 'x'}|authTokens[0].name: a name has 1 to 128 characters",
        "{'name': 'a\\nb', 'token': 'x'}|authTokens[0].name: a name holds no control",
        "{'name': 5, 'token': 'x'}|authTokens[0].name: expected a string, found a number",
        "{'token': 5}|authTokens[0].token: expected a string, found a number",
        "{'token': 'x', 'model': ['m']}|authTokens[0].model: unknown key, did you mean \"models\"?",
        "{'token': 'x', 'models': []}|authTokens[0].models: an empty list allows no model",
        "{'token': 'x', 'models': 'm'}|authTokens[0].models: expected a list of model names",
        "{'token': 'x', 'models': ['']}|authTokens[0].models[0]: a model's name can't be empty",
        "{'token': 'x', 'expires': '2031-01-01'}|authTokens[0].expires: not a time with its zone",
        "{'token': 'x', 'expires': '2031-02-30T00:00:00Z'}|authTokens[0].expires: not a time",
      })
  void whatIsNoTokenIsRefused(String token, String message) {
    List<String> problems =
        Reading.problems(
            "{'models': {'m': {'url': 'http://h'}}, 'authTokens': [%s]}"
                .formatted(token == null ? "" : token));
    assertTrue(problems.getFirst().startsWith(message), problems.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hunter2 ",
        "hunter2,x",
        "hunter2\\r\\nX: y",
        "hunter2ä",
        "\\u0000hunter2",
        "sha256:hunter2",
        "hunter2$",
        "${hunter2}",
      })
  void aTokenThatNoCallerCouldSendIsRefusedAndNotShown(String token) {
    for (String form : List.of("'%s'", "{'token': '%s'}", "{'sha256': '%s'}")) {
      String problem = Reading.problemWith("'authTokens': [" + form.formatted(token) + "]");
      assertTrue(problem.startsWith("authTokens[0]"), problem);
      assertFalse(problem.contains("hunter2"), problem);
    }
  }

  @Test
  void theLongestTokenHas4096Characters() throws ConfigException {
    assertEquals(1, tokens("'" + "x".repeat(4096) + "'").size());
    assertEquals(
        "authTokens[0]: a token has at most 4096 characters (line 1)",
        Reading.problemWith("'authTokens': ['" + "x".repeat(4097) + "']"));
  }

  @Test
  void aTokenAndADigestAtOnceAreRefused() {
    assertEquals(
        "authTokens[0].sha256: \"token\" is given already, keep one of the two (line 1)",
        Reading.problemWith("'authTokens': [{'token': 'x', 'sha256': '" + HEX + "'}]"));
  }

  @Test
  void theSameTokenTwiceIsRefusedAlsoAsItsDigest() {
    assertEquals(
        "authTokens[2]: the same token as authTokens[0] on line 1 (line 1)",
        Reading.problemWith("'authTokens': ['abc', 'x', 'sha256:" + HEX + "']"));
  }

  @Test
  void theSameReferenceTwiceIsSeenWithoutItsValue() {
    assertEquals(
        List.of("authTokens[1]: the same token as authTokens[0] on line 1 (line 1)"),
        Reading.problems(
            "{'models': {'m': {'url': 'http://h'}}, 'authTokens': ['$A', {'token': '$A'}]}",
            Secrets.unresolved()));
  }

  @Test
  void aNameIsGivenOnceAlsoWhereItIsGivenByPosition() {
    assertEquals(
        "authTokens[1].name: the name \"a\" is taken by authTokens[0].name on line 1 (line 1)",
        Reading.problemWith(
            "'authTokens': [{'name': 'a', 'token': 'x'}, {'name': 'a', 'token': 'y'}]"));
    assertEquals(
        "authTokens[1]: the name \"token-2\" is taken by authTokens[0].name on line 1 (line 1)",
        Reading.problemWith("'authTokens': [{'name': 'token-2', 'token': 'x'}, 'y']"));
  }

  @Test
  void anExpiredTokenIsAWarning() throws ConfigException {
    Config config =
        Reading.with(
            """
            'authTokens': [
              {'token': 'x', 'expires': '2026-06-01T12:00:00Z'},
              {'token': 'y', 'expires': '2026-06-01T12:00:01Z'}
            ]
            """);
    assertEquals(
        List.of("authTokens[0].expires: this token has expired and lets nobody in (line 2)"),
        config.warnings());
  }

  @Test
  void anAllowListThatAllowsNothingIsAWarning() throws ConfigException {
    assertEquals(
        List.of("authTokens[0].models[1]: no model has such a name (line 1)"),
        Reading.with("'authTokens': [{'token': 'x', 'models': ['m*', 'lama*']}]").warnings());
    assertEquals(
        List.of(),
        Reading.config(
                "{'models': {'meta/*': {'url': 'http://h'}},"
                    + " 'authTokens': [{'token': 'x', 'models': ['meta/llama*']}]}")
            .warnings());
  }

  private static List<Token> tokens(String items) throws ConfigException {
    return Reading.with("'authTokens': [" + items + "]").authTokens();
  }

  private static Sha256 of(String text) {
    return Sha256.of(text.getBytes(StandardCharsets.US_ASCII));
  }
}
