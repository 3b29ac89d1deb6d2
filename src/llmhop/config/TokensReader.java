package llmhop.config;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llmhop.json.Json;

/// Reads `authTokens`. No message shows any part of a token.
final class TokensReader {
  static final List<String> KEYS =
      List.of(
          "name",
          "token",
          "sha256",
          "models",
          "expires",
          "rpm",
          "maxConcurrent",
          "priority",
          "maxPriority");
  private static final String DIGEST = "sha256:";
  private static final int MAX_NAME = 128;
  private static final int MAX_TOKEN = 4096;

  private final ModelNames known;
  private final Secrets secrets;
  private final Instant now;
  private final List<Token> tokens = new ArrayList<>();
  private final Map<String, Cursor> names = new HashMap<>();
  private final Map<Sha256, Cursor> digests = new HashMap<>();

  private TokensReader(ModelNames known, Secrets secrets, Instant now) {
    this.known = known;
    this.secrets = secrets;
    this.now = now;
  }

  static List<Token> read(Cursor cursor, ModelNames known, Secrets secrets, Instant now) {
    TokensReader reader = new TokensReader(known, secrets, now);
    List<Cursor> items =
        cursor.items(
            "a list of tokens",
            "an empty list lets nobody in, name a token, or leave the key out to let everyone in");
    for (int i = 0; i < items.size(); i++) {
      reader.token(items.get(i), "token-" + (i + 1));
    }
    return reader.tokens;
  }

  private void token(Cursor item, String defaultName) {
    switch (item.json()) {
      case Json.Str _ ->
          digest(item).ifPresent(digest -> add(item, item, plain(defaultName, digest)));
      case Json.Obj _ -> item.section(KEYS).ifPresent(section -> named(section, defaultName));
      case Json.Arr _, Json.Num _, Json.Bool _, Json.Null _ ->
          item.wrongKind("a token as a string, or an object with its \"name\" and \"token\"");
    }
  }

  private static Token plain(String name, Sha256 digest) {
    return new Token(name, digest, List.of(), Optional.empty(), TokenLimits.NONE);
  }

  private void named(Section section, String defaultName) {
    String name =
        section.get("name").flatMap(c -> c.parsed(TokensReader::name)).orElse(defaultName);
    List<String> models = section.get("models").map(this::globs).orElse(List.of());
    Optional<Instant> expires = section.get("expires").flatMap(this::expires);
    TokenLimits limits = LimitsReader.token(section);
    Cursor nameCursor = section.get("name").orElse(section.self());
    digest(section)
        .ifPresent(
            digest ->
                add(nameCursor, section.self(), new Token(name, digest, models, expires, limits)));
  }

  private void add(Cursor nameCursor, Cursor self, Token token) {
    Cursor sameName = names.putIfAbsent(token.name(), nameCursor);
    if (sameName != null) {
      nameCursor.problem(
          "the name " + Words.quoted(token.name()) + " is taken by " + sameName.place());
    }
    Cursor sameDigest = digests.putIfAbsent(token.digest(), self);
    if (sameDigest != null) {
      self.problem("the same token as " + sameDigest.place());
    }
    tokens.add(token);
  }

  private static String name(String text) {
    Checks.that(
        !text.isBlank() && text.equals(text.strip()) && text.length() <= MAX_NAME,
        "a name has 1 to " + MAX_NAME + " characters and no blank at its ends");
    Checks.that(!Words.hasControl(text), "a name holds no control characters");
    return text;
  }

  private List<String> globs(Cursor cursor) {
    List<String> globs = new ArrayList<>();
    for (Cursor item :
        cursor.items(
            "a list of model names",
            "an empty list allows no model, leave the key out to allow all of them")) {
      item.parsed(ModelNames::glob)
          .ifPresent(
              glob -> {
                globs.add(glob);
                warnIfUseless(glob, item);
              });
    }
    return globs;
  }

  private void warnIfUseless(String glob, Cursor item) {
    Glob allowed = new Glob(glob);
    for (String key : known.keys()) {
      if (ModelNames.isWildcard(key) || allowed.matches(key)) return;
    }
    item.warning("no model has such a name");
  }

  private Optional<Instant> expires(Cursor cursor) {
    Optional<Instant> expires = cursor.parsed(TokensReader::instant);
    if (expires.isPresent() && !expires.get().isAfter(now)) {
      cursor.warning("this token has expired and lets nobody in");
    }
    return expires;
  }

  private static Instant instant(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new Malformed("not a time with its zone, write it like \"2027-01-31T00:00:00Z\"");
    }
  }

  private Optional<Sha256> digest(Section section) {
    Optional<Cursor> token = section.get("token");
    Optional<Cursor> sha256 = section.get("sha256");
    if (token.isPresent() && sha256.isPresent()) {
      return sha256.get().refuse("\"token\" is given already, keep one of the two");
    }
    if (token.isEmpty() && sha256.isEmpty()) {
      return section.self().refuse("has no token, give it a \"token\" or a \"sha256\"");
    }
    return token.isPresent() ? digest(token.get()) : sha256.flatMap(this::hex);
  }

  /// A token's text, or its digest behind `sha256:`; which of them is seen once it is resolved.
  private Optional<Sha256> digest(Cursor cursor) {
    return cursor
        .secret(secrets)
        .flatMap(
            secret ->
                secret.isOpen()
                    ? Optional.of(standIn(secret))
                    : cursor.parsed(secret.text(), TokensReader::digest));
  }

  private static Sha256 digest(String text) {
    if (text.startsWith(DIGEST)) {
      return Sha256.parse(text.substring(DIGEST.length()));
    }
    Checks.that(!text.isEmpty(), "an empty token, anyone could have it");
    Checks.that(text.length() <= MAX_TOKEN, "a token has at most " + MAX_TOKEN + " characters");
    Checks.that(
        Words.isVisible(text) && text.indexOf(',') < 0,
        "a token is visible ASCII without blanks and commas, this can't stand in a header");
    return Sha256.of(text.getBytes(StandardCharsets.US_ASCII));
  }

  private Optional<Sha256> hex(Cursor cursor) {
    return cursor
        .secret(secrets)
        .flatMap(
            secret ->
                secret.isOpen()
                    ? Optional.of(standIn(secret))
                    : cursor.parsed(secret.text(), Sha256::parse));
  }

  /// Under `--check`: two tokens with the same reference are the same token.
  private static Sha256 standIn(SecretText open) {
    return Sha256.of(open.text().getBytes(StandardCharsets.UTF_8));
  }
}
