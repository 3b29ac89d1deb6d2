package llmhop;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.Signature;
import java.lang.classfile.attribute.SignatureAttribute;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.ConstantPool;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.StringEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.constant.ClassDesc;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who may import whom, read from the compiled classes: downwards only, never sideways.
final class ArchitectureTest {
  private static final Path CLASSES =
      Path.of(System.getProperty("llmhop.classes", "build/classes"));
  private static final Path SOURCES = Path.of("src");
  private static final int MOST_LINES_OF_A_FILE = 400;

  /// Each folder with those directly below it: it may use what can be reached from there.
  private static final Map<String, List<String>> BELOW =
      Map.ofEntries(
          entry("", List.of("tool")),
          entry("tool", List.of("admin")),
          entry("admin", List.of("route")),
          entry("route", List.of("caller", "backend", "dialect", "observe")),
          entry("caller", List.of("config")),
          entry("backend", List.of("config")),
          entry("dialect", List.of("config")),
          entry("observe", List.of("config")),
          entry("config", List.of("http.front", "http.upstream", "json")),
          entry("http.front", List.of("http.wire")),
          entry("http.upstream", List.of("http.wire")),
          entry("http.wire", List.of("schedule")),
          entry("json", List.of()),
          entry("schedule", List.of()));

  private static final List<String> OF_THE_JDK =
      List.of("java.", "javax.", "jdk.", "com.sun.net.httpserver.");
  private static final List<String> UNWANTED_OF_THE_JDK =
      List.of("java.net.http.", "java.lang.reflect.", "jdk.internal.");

  /// Signals have no public API.
  private static final Map<String, String> EXCEPTIONS = Map.of("llmhop.Signals", "sun.misc.Signal");

  /// A type in a descriptor or a generic signature: `Lllmhop/json/Json;`, `Ljava/util/List<`.
  private static final Pattern TYPE = Pattern.compile("L((?:\\w+/)+[\\w$]+)[;<]");

  private static final Pattern IMPORT =
      Pattern.compile("^import +(?:static +)?([\\w.]+)", Pattern.MULTILINE);

  @Test
  void everyClassUsesOnlyWhatLiesBelowIt() {
    List<Path> classes = files(CLASSES, ".class");
    assertTrue(
        classes.contains(CLASSES.resolve("llmhop/Launcher.class")), "no classes: " + CLASSES);
    assertEquals(List.of(), violations(CLASSES, classes, file -> namesIn(bytes(file))));
  }

  /// A constant is copied into the class that uses it and leaves no name there, but it was
  /// imported.
  @Test
  void everySourceFileImportsOnlyWhatLiesBelowIt() {
    List<Path> sources = files(SOURCES, ".java");
    assertEquals(List.of(), violations(SOURCES, sources, file -> importsOf(text(file))));
  }

  @Test
  void everyFolderWithSourcesSaysWhatItIsAbout() {
    Set<Path> silent =
        files(SOURCES, ".java").stream()
            .map(Path::getParent)
            .collect(Collectors.toCollection(TreeSet::new));
    silent.removeIf(folder -> Files.exists(folder.resolve("package-info.java")));
    assertEquals(Set.of(), silent);
  }

  @Test
  void noSourceFileIsTooLong() {
    List<Path> tooLong = new ArrayList<>(files(SOURCES, ".java"));
    tooLong.removeIf(file -> text(file).lines().count() <= MOST_LINES_OF_A_FILE);
    assertEquals(List.of(), tooLong);
  }

  @ParameterizedTest
  @CsvSource({
    "llmhop.json.Json, llmhop.config.Config, upwards",
    "llmhop.route.Router, llmhop.admin.Status, upwards",
    "llmhop.route.Router, llmhop.Main, upwards to the root",
    "llmhop.tool.Simulate, llmhop.Assembly, upwards to the root",
    "llmhop.caller.Gate, llmhop.backend.Fleet, sideways",
    "llmhop.http.front.Server, llmhop.http.upstream.Upstream, sideways",
    "llmhop.http.wire.Fields, llmhop.json.Json, sideways",
    "llmhop.json.Json, llmhop.http.wire.Fields, sideways",
    "llmhop.misc.Helper, llmhop.json.Json, from a folder that the rule doesn't know",
    "llmhop.route.Router, llmhop.misc.Helper, to a folder that the rule doesn't know",
    "llmhop.route.Router, org.slf4j.Logger, not of the JDK",
    "llmhop.route.Router, sun.misc.Signal, no API of the JDK",
    "llmhop.route.Router, java.net.http.HttpClient, unwanted",
    "llmhop.route.Router, java.lang.reflect.Method, unwanted",
    "llmhop.Launcher, java.lang.reflect.Method, unwanted everywhere",
    "llmhop.Signals, java.lang.reflect.Method, not for everything",
  })
  void aForbiddenUseIsFound(String user, String used, String why) {
    assertTrue(violation(user, used).isPresent(), why);
  }

  @ParameterizedTest
  @CsvSource({
    "llmhop.Assembly, llmhop.tool.simulate.Simulator",
    "llmhop.tool.simulate.Simulator, llmhop.tool.Flags",
    "llmhop.admin.Status, llmhop.http.wire.Fields",
    "llmhop.route.Router$Step, llmhop.config.Config$Part",
    "llmhop.http.front.Server, llmhop.http.wire.Fields",
    "llmhop.config.ConfigReader, llmhop.json.Json",
    "llmhop.http.front.Server, com.sun.net.httpserver.HttpServer",
    "llmhop.http.wire.TlsTransport, javax.net.ssl.SSLEngine",
  })
  void aUseOfWhatLiesBelowIsFine(String user, String used) {
    assertEquals(Optional.empty(), violation(user, used));
  }

  @Test
  void aTypeThatOnlyAFieldDeclaresIsSeen() {
    byte[] made =
        ClassFile.of()
            .build(
                ClassDesc.of("llmhop.json.MadeUp"),
                type -> type.withField("router", ClassDesc.of("llmhop.route.Router"), 0));
    assertTrue(namesIn(made).contains("llmhop.route.Router"));
  }

  @Test
  void aTypeThatOnlyAGenericSignatureNamesIsSeen() {
    Signature signature = Signature.parseFrom("Ljava/util/List<Lllmhop/route/Router;>;");
    byte[] made =
        ClassFile.of()
            .build(
                ClassDesc.of("llmhop.json.MadeUp"),
                type ->
                    type.withField(
                        "routers",
                        ClassDesc.of("java.util.List"),
                        field -> field.with(SignatureAttribute.of(signature))));
    assertTrue(namesIn(made).contains("llmhop.route.Router"));
  }

  private static List<String> violations(
      Path root, List<Path> files, Function<Path, Set<String>> uses) {
    List<String> found = new ArrayList<>();
    for (Path file : files) {
      String user = root.relativize(file).toString().replaceFirst("\\.\\w+$", "").replace('/', '.');
      for (String used : uses.apply(file)) {
        violation(user, used).ifPresent(found::add);
      }
    }
    return found;
  }

  /// Why one class must not use the other, both by their full names; empty when it may.
  private static Optional<String> violation(String user, String used) {
    boolean ours = used.startsWith("llmhop.");
    if (ours && !mayUse(folder(user), folder(used))) {
      return Optional.of(user + " uses " + used + ", which does not lie below it");
    }
    boolean excepted = used.startsWith(EXCEPTIONS.getOrDefault(outermost(user), "no exception"));
    if (!ours && !excepted && OF_THE_JDK.stream().noneMatch(used::startsWith)) {
      return Optional.of(user + " uses " + used + ", which is not of the JDK's API");
    }
    if (UNWANTED_OF_THE_JDK.stream().anyMatch(used::startsWith)) {
      return Optional.of(user + " uses " + used + ", which nobody should");
    }
    return Optional.empty();
  }

  private static String outermost(String type) {
    return type.replaceFirst("\\$.*", "");
  }

  private static boolean mayUse(String user, String used) {
    return BELOW.containsKey(user)
        && BELOW.containsKey(used)
        && (user.equals(used) || reaches(user, used));
  }

  private static boolean reaches(String user, String used) {
    return BELOW.get(user).stream().anyMatch(below -> below.equals(used) || reaches(below, used));
  }

  /// The folder of the rule that a class is in: `http.wire` for `llmhop.http.wire.tls.Peer$State`.
  private static String folder(String className) {
    String path =
        Stream.of(className.split("\\."))
            .skip(1)
            .takeWhile(word -> Character.isLowerCase(word.charAt(0)))
            .collect(Collectors.joining("."));
    return BELOW.keySet().stream()
        .filter(known -> path.equals(known) || (!known.isEmpty() && path.startsWith(known + ".")))
        .findAny()
        .orElse(path);
  }

  /// The full names of all types that a class file names in its code, its descriptors and its
  /// signatures.
  private static Set<String> namesIn(byte[] classFile) {
    ConstantPool pool = ClassFile.of().parse(classFile).constantPool();
    Set<String> names = new TreeSet<>();
    Set<Integer> texts = new HashSet<>();
    for (PoolEntry entry : pool) {
      if (entry instanceof StringEntry text) {
        texts.add(text.utf8().index());
      }
    }
    for (PoolEntry entry : pool) {
      if (entry instanceof ClassEntry type && !type.name().stringValue().startsWith("[")) {
        names.add(type.name().stringValue().replace('/', '.'));
      } else if (entry instanceof Utf8Entry utf8 && !texts.contains(utf8.index())) {
        TYPE.matcher(utf8.stringValue())
            .results()
            .forEach(found -> names.add(found.group(1).replace('/', '.')));
      }
    }
    return names;
  }

  private static Set<String> importsOf(String source) {
    return IMPORT
        .matcher(source)
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<Path> files(Path root, String ending) {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(Path file) {
    return new String(bytes(file), StandardCharsets.UTF_8);
  }
}
