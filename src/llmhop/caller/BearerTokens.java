package llmhop.caller;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llmhop.config.Glob;
import llmhop.config.Token;
import llmhop.http.wire.Fields;

/// A gate that knows tokens by their SHA-256.
///
/// Each look compares the digest of what was presented with every known digest and never stops
/// early, so its time tells nothing about which token, or how much of one, was right.
final class BearerTokens implements Gate {
  private static final String NONE =
      "No API key was given. Send one as 'Authorization: Bearer <key>' (or x-api-key, api-key).";
  private static final String WRONG = "The API key is not one that this router knows.";
  private static final String SEVERAL =
      "The request carries several credentials that do not agree. Send exactly one.";
  private static final String SCHEME =
      "The Authorization field is not of the form 'Bearer <key>'. Send the key that way.";
  private static final String EXPIRED = "The API key has expired. Ask the operator for a new one.";

  private final Entry[] entries;
  private final InstantSource clock;
  private final MessageDigest sha256;

  private record Entry(byte[] digest, Identity.Known identity) {}

  BearerTokens(List<Token> tokens, InstantSource clock, Ledger ledger) {
    this.entries = new Entry[tokens.size()];
    Arrays.setAll(entries, i -> entry(tokens.get(i), ledger));
    this.clock = clock;
    try {
      this.sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static Entry entry(Token token, Ledger ledger) {
    List<Glob> models = new ArrayList<>();
    token.models().forEach(glob -> models.add(new Glob(glob)));
    var caller = new Caller(token.name(), models, token.limits(), ledger.of(token.name()));
    return new Entry(token.digest().bytes(), new Identity.Known(caller, token.expires()));
  }

  @Override
  public Identity identify(Fields fields) {
    String presented = null;
    for (String name : CREDENTIAL_FIELDS) {
      List<String> values = fields.all(name);
      if (values.isEmpty()) {
        continue;
      }
      if (values.size() > 1) {
        return new Identity.Unknown(SEVERAL);
      }
      boolean bearer = name.equals("Authorization");
      String key = bearer ? bearerKey(values.getFirst()) : values.getFirst().strip();
      if (key == null || key.isEmpty()) {
        return new Identity.Unknown(bearer ? SCHEME : NONE);
      }
      if (presented != null && !sameKey(presented, key)) {
        return new Identity.Unknown(SEVERAL);
      }
      presented = key;
    }
    return presented == null ? new Identity.Unknown(NONE) : lookUp(presented);
  }

  /// RFC 9110 section 11.1: the scheme's case doesn't matter; one or more blanks follow it.
  private static String bearerKey(String value) {
    String trimmed = value.strip();
    if (trimmed.length() < 8 || !trimmed.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return null;
    }
    return trimmed.substring(7).strip();
  }

  private static boolean sameKey(String one, String other) {
    return MessageDigest.isEqual(bytes(one), bytes(other));
  }

  private Identity lookUp(String key) {
    byte[] digest = digest(bytes(key));
    int found = -1;
    for (int i = 0; i < entries.length; i++) {
      int equal = MessageDigest.isEqual(entries[i].digest, digest) ? -1 : 0;
      found = (i & equal) | (found & ~equal);
    }
    if (found < 0) {
      return new Identity.Unknown(WRONG);
    }
    Identity.Known known = entries[found].identity;
    Optional<Instant> expires = known.expires();
    return expires.isPresent() && !clock.instant().isBefore(expires.get())
        ? new Identity.Unknown(EXPIRED)
        : known;
  }

  private byte[] digest(byte[] bytes) {
    try {
      return ((MessageDigest) sha256.clone()).digest(bytes);
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's SHA-256 can be cloned", e);
    }
  }

  /// Field values are ISO 8859-1 on the wire; tokens are ASCII, so the two agree where it matters.
  private static byte[] bytes(String key) {
    return key.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public boolean takesCredentials() {
    return true;
  }
}
