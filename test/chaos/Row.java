package chaos;

import java.util.ArrayList;
import java.util.List;

/// A row of the table: what was counted, what must hold, and what doesn't.
final class Row {

  private final String title;
  private final Tally tally;
  private final String bar;
  private final List<String> broken = new ArrayList<>();

  /// A row.
  ///
  /// @param title the scenario, and which part of it
  /// @param tally what is counted
  /// @param bar what must hold, in words
  Row(String title, Tally tally, String bar) {
    this.title = title;
    this.tally = tally;
    this.bar = bar;
  }

  /// A scenario that could not be run to its end.
  static Row unfinished(String title, String why) {
    Row row = new Row(title, new Tally(), "it runs to its end");
    row.broken.add(why);
    return row;
  }

  String title() {
    return title;
  }

  /// What doesn't hold; empty when all does.
  List<String> broken() {
    return broken;
  }

  /// Says what is wrong unless the condition holds.
  Row must(boolean condition, String otherwise) {
    if (!condition) broken.add(otherwise);
    return this;
  }

  /// All were answered with 200, whole, and there were some.
  Row mustAnswerAll() {
    int bad = tally.refused() + tally.failed() + tally.lost();
    must(bad == 0, bad + " of " + tally.sent() + " were not answered");
    return mustCountAll();
  }

  /// Nothing failed or was lost, none is unaccounted for, and whoever was refused was told when to
  /// come back.
  Row mustBeHonest() {
    int bad = tally.failed() + tally.lost();
    must(bad == 0, bad + " of " + tally.sent() + " failed or were lost");
    must(tally.hintless() == 0, tally.hintless() + " were refused without Retry-After");
    return mustCountAll();
  }

  /// None of those that were sent is unaccounted for, and there were some.
  Row mustCountAll() {
    int known = tally.answered() + tally.refused() + tally.failed() + tally.lost() + tally.hungUp();
    must(tally.sent() > 0, "nothing was sent");
    return must(known == tally.sent(), (tally.sent() - known) + " never came to an end");
  }

  /// The cells of the table, without the last.
  List<Object> cells() {
    return List.of(
        title, tally.sent(), tally.answered(), tally.refused(), tally.failed(), tally.lost(), bar);
  }

  /// Some of what was not answered, for whoever has to find out why.
  List<String> samples() {
    return tally.samples();
  }
}
