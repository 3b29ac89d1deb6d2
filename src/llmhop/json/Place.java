package llmhop.json;

/// Where in the grammar a scan is: what the next octet belongs to. `MemberScan` shows the ways.
enum Place {
  START(true),
  MARK(false),
  FIRST_NAME(true),
  NAME(true),
  NAME_TEXT(false),
  COLON(true),
  FIRST_ITEM(true),
  VALUE(true),
  TEXT(false),
  NUMBER(false),
  WORD(false),
  AFTER_VALUE(true),
  END(true);

  /// Whether white space may stand here.
  final boolean betweenTokens;

  Place(boolean betweenTokens) {
    this.betweenTokens = betweenTokens;
  }
}
