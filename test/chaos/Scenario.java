package chaos;

import java.io.IOException;
import java.util.List;

/// One thing that goes wrong, the load while it does, and what must hold.
interface Scenario {

  /// One word, as `CHAOS_ONLY` has it.
  String name();

  /// Runs it.
  ///
  /// @param lab where its processes run; nothing else does
  /// @return the rows of the table, each with what went wrong
  /// @throws IOException when it can't be run, which fails it
  List<Row> run(Lab lab) throws IOException, InterruptedException;
}
