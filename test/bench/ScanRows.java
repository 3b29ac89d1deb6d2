package bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The part about finding the model in JSON: a program of its own, which prints a table.
///
/// @param lab where it runs
/// @param program its source
record ScanRows(Lab lab, Path program) {

  private static final int MOST_SECONDS = 180;

  void run() throws IOException, InterruptedException {
    Path classes = Path.of("build/classes");
    if (!Files.exists(program) || !Files.exists(classes)) {
      lab.report().missing("no scan of JSON: " + program + " or " + classes + " is not there");
      return;
    }
    List<String> command =
        new ArrayList<>(List.of(Machine.java(), "-cp", classes.toString(), program.toString()));
    if (!lab.settings().brief()) command.add("--check");
    Path output = lab.folder().resolve("scan.out");
    try (Program scan = Program.start("scan", lab.folder(), command)) {
      boolean ended = scan.process().waitFor(MOST_SECONDS, TimeUnit.SECONDS);
      lab.report().print("\n" + Files.readString(output, StandardCharsets.UTF_8).strip());
      if (!ended) lab.report().fail("the scan of JSON did not end in time");
      else if (scan.process().exitValue() != 0)
        lab.report().fail("the scan of JSON is below its bars, or broke");
    }
  }
}
