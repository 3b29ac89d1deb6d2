package llmhop.config;

/// The one guard of this package: of its parsers against what is written wrong, and of its records
/// against what a reader let through by mistake.
final class Checks {
  private Checks() {}

  static void that(boolean holds, String otherwise) {
    if (!holds) {
      throw new Malformed(otherwise);
    }
  }
}
