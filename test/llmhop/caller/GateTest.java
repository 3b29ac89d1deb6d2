package llmhop.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import llmhop.config.Sha256;
import llmhop.config.Token;
import llmhop.config.TokenLimits;
import llmhop.http.wire.Fields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GateTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static Token token(String name, String key, Instant expires, String... models) {
    var digest = Sha256.of(key.getBytes(StandardCharsets.UTF_8));
    return new Token(name, digest, List.of(models), Optional.ofNullable(expires), TokenLimits.NONE);
  }

  private final Gate gate =
      Gate.of(
          List.of(
              token("alice", "key-a", null),
              token("bob", "key-b", NOW.plusSeconds(1), "llama*"),
              token("carol", "key-c", NOW)),
          InstantSource.fixed(NOW),
          new Ledger(System::nanoTime));

  private static Fields fields(String... namesAndValues) {
    var fields = new Fields();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return fields;
  }

  private Optional<String> whoSends(String... namesAndValues) {
    return switch (gate.identify(fields(namesAndValues))) {
      case Identity.Known known -> Optional.of(known.caller().name());
      case Identity.Unknown unknown -> {
        assertFalse(unknown.why().contains("key-"), "a reason never repeats a credential");
        yield Optional.empty();
      }
    };
  }

  @Test
  void withoutTokensEverybodyMayComeInAndKeepsTheirCredential() {
    Gate open = Gate.of(List.of(), InstantSource.system(), new Ledger(System::nanoTime));
    assertInstanceOf(Identity.Known.class, open.identify(fields()));
    assertInstanceOf(Identity.Known.class, open.identify(fields("Authorization", "Bearer x")));
    assertFalse(open.takesCredentials());
    assertTrue(gate.takesCredentials());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bearer key-a", "bearer key-a", "BEARER  key-a", " Bearer key-a "})
  void theSchemesCaseAndBlanksDoNotMatter(String value) {
    assertEquals(Optional.of("alice"), whoSends("authorization", value));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "key-a",
        "Basic a2V5LWE=",
        "Bearer",
        "Bearer ",
        "Bearerkey-a",
        "Bearer key-a x",
        "Bearer key-A",
        "Bearer key-",
        "Bearer key-aa",
        ""
      })
  void anythingElseIsNobody(String value) {
    assertEquals(Optional.empty(), whoSends("Authorization", value));
  }

  @Test
  void anthropicsAndAzuresFieldsWorkToo() {
    assertEquals(Optional.of("bob"), whoSends("x-api-key", "key-b"));
    assertEquals(Optional.of("bob"), whoSends("api-key", "key-b"));
    assertEquals(Optional.empty(), whoSends("x-api-key", ""));
  }

  @Test
  void severalKindsMustAgree() {
    assertEquals(
        Optional.of("alice"), whoSends("Authorization", "Bearer key-a", "x-api-key", "key-a"));
    assertEquals(Optional.empty(), whoSends("Authorization", "Bearer key-a", "x-api-key", "key-b"));
    assertEquals(Optional.empty(), whoSends("Authorization", "Basic eA==", "x-api-key", "key-a"));
  }

  @Test
  void oneKindMayNotComeTwice() {
    assertEquals(
        Optional.empty(),
        whoSends("Authorization", "Bearer key-a", "Authorization", "Bearer key-a"));
    assertEquals(Optional.empty(), whoSends("x-api-key", "key-a", "X-API-Key", "key-a"));
  }

  @Test
  void aTokenWorksUntilTheMomentItExpires() {
    assertEquals(Optional.of("bob"), whoSends("x-api-key", "key-b"));
    assertEquals(Optional.empty(), whoSends("x-api-key", "key-c"));
  }

  @Test
  void noCredentialIsNobody() {
    assertEquals(Optional.empty(), whoSends());
  }

  @Test
  void anAllowListIsJudgedByGlobs() {
    Identity.Known bob = (Identity.Known) gate.identify(fields("x-api-key", "key-b"));
    assertTrue(bob.caller().mayUse("llama-3"));
    assertFalse(bob.caller().mayUse("qwen"));
    assertTrue(bob.caller().restricted());
    assertTrue(Caller.ANYONE.mayUse("anything"));
  }
}
