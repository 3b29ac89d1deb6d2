package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import llmhop.config.Glob;
import llmhop.config.Kind;
import org.junit.jupiter.api.Test;

/// What the page of the docs says about paths is what the tables have.
class PathsPageTest {
  private final List<String> page;

  PathsPageTest() throws IOException {
    page = Files.readAllLines(Path.of("docs", "paths.md"));
  }

  private static List<String> cells(String row) {
    List<String> cells = new ArrayList<>();
    for (String cell : row.substring(1).split("\\|")) cells.add(cell.strip());
    return cells;
  }

  private static List<String> words() {
    return Stream.of(Kind.values()).map(Kind::word).toList();
  }

  @Test
  void theTableOfInferencePathsIsTheOneInTheCode() {
    int at = page.indexOf("| path | " + String.join(" | ", words()) + " |");
    List<String> kinds = cells(page.get(at));
    Map<String, Set<String>> documented = new HashMap<>();
    for (String row : page.subList(at + 2, page.size())) {
      if (!row.startsWith("|")) {
        break;
      }
      List<String> cells = cells(row);
      for (int i = 1; i < cells.size(); i++) {
        Set<String> paths = documented.computeIfAbsent(kinds.get(i), kind -> new TreeSet<>());
        if (cells.get(i).equals("x")) {
          paths.add(cells.getFirst().replace("`", ""));
        }
      }
    }
    Map<String, Set<String>> coded = new HashMap<>();
    for (Kind kind : Kind.values()) {
      coded.put(kind.word(), new TreeSet<>(EnginePaths.lines(kind)));
      assertEquals(coded.get(kind.word()).size(), EnginePaths.lines(kind).size(), "twice " + kind);
    }
    assertEquals(coded, documented);
  }

  @Test
  void everyAdministrativePathIsNamed() {
    String text = String.join("\n", page);
    Set<String> paths = new TreeSet<>(AdminPaths.CLOSED);
    paths.addAll(AdminPaths.READ_ONLY);
    paths.addAll(AdminPaths.NOT_READ);
    paths.addAll(AdminPaths.ENDINGS);
    paths.addAll(EngineLists.READ);
    paths.addAll(EngineLists.POSTED);
    for (Glob family : AdminPaths.FAMILIES) paths.add(family.pattern());
    for (String path : paths) {
      boolean isNamed = text.contains("`" + path + "`") || text.contains("/route/llama" + path);
      assertTrue(isNamed, path);
    }
  }
}
