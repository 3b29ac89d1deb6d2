package llmhop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The build's step that makes classes of lambdas: what runs after it does what it did before.
final class LambdasTest {
  private static final String LAMBDAS = "LambdaMetafactory.metafactory";
  private static final String SERIALIZABLE = "LambdaMetafactory.altMetafactory";
  private static final String SWITCHES = "SwitchBootstraps.typeSwitch";

  /// Lambdas and method references of each kind, and switches with all that they look at.
  private static final String SHAPES =
      """
      import java.util.*;
      import java.util.function.*;

      @SuppressWarnings({"unchecked", "rawtypes", "serial"})
      public class Shapes {
        interface Wide { double of(long a, double b, int c, float d); }
        interface Chain { Chain of(Chain next); }
        interface Named { String name(); default String twice() { return name() + name(); } }
        sealed interface Kind { int size(); static Kind none() { return new Small(0); } }
        record Small(int size) implements Kind {}
        record Large(int size, String text) implements Kind {}
        private static final class Hidden { private String text = "hidden"; private String text() { return text; } }
        static class Base { protected String shout() { return "base"; } }
        static class Derived extends Base {
          Supplier<String> above() { return super::shout; }
          @Override protected String shout() { return "derived"; }
        }
        interface Own {
          private String secret() { return "secret of " + this; }
          default Supplier<String> open() { return this::secret; }
          static Function<Object, String> kind() {
            return each -> switch (each) { case String s -> "text " + s; case null -> "null"; default -> "other"; };
          }
        }

        private int count;
        private int next(int by) { return count += by; }

        static List<Object> run() throws Exception {
          List<Object> seen = new ArrayList<>();
          Function<String, Integer> parse = Integer::parseInt;
          ToIntFunction<Integer> unbox = each -> each;
          ToLongFunction<Integer> widen = Integer::intValue;
          Function<Integer, Object> box = each -> each + 1;
          IntFunction<int[]> arrays = int[]::new;
          Supplier<List<String>> constructor = ArrayList::new;
          Function<String, StringBuilder> made = StringBuilder::new;
          BiFunction<String, String, Boolean> receiver = String::startsWith;
          Predicate<String> bound = "abc"::contains;
          Wide wide = (a, b, c, d) -> a + b * c - d;
          long captured = 40;
          double other = 0.5;
          String text = "x";
          byte small = -3;
          Wide captures = (a, b, c, d) -> a + captured + other + text.length() + small + b + c + d;
          Runnable drops = new Shapes()::hashCode;
          List<String> list = new ArrayList<>();
          Consumer<String> dropsBoolean = list::add;
          Callable drop2 = () -> System.nanoTime();
          Named named = () -> text;
          Comparator<String> order = Comparator.comparing(String::length, (a, b) -> b - a);
          BinaryOperator<Integer> sum = Integer::sum;
          IntBinaryOperator sums = Integer::sum;
          IntToLongFunction wider = each -> each;
          LongSupplier boxed = Integer.valueOf(7)::longValue;
          Supplier<Supplier<String>> nested = () -> () -> text + captured;
          Hidden hidden = new Hidden();
          Supplier<String> privately = hidden::text;
          Shapes shapes = new Shapes();
          IntUnaryOperator privateOfThis = shapes.adder();
          Function<Kind, Integer> ofInterface = Kind::size;
          Supplier<Kind> staticOfInterface = Kind::none;
          // Equal but for the package of a type.
          LongFunction<Object> date = java.util.Date::new;
          LongFunction<Object> sameName = java.sql.Date::new;
          // What they give is an Object after erasure, and an Integer in truth.
          Supplier<Integer> integer = () -> 11;
          LongSupplier widened = integer::get;
          ToDoubleFunction<Optional<Integer>> widenedToo = Optional::get;
          BooleanSupplier truth = Optional.of(true)::get;
          // A name that the made class could have used itself.
          Chain last = next -> next;
          Chain chain = next -> last;
          Runnable serializable = (Runnable & java.io.Serializable) () -> {};

          seen.add(parse.apply("12"));
          seen.add(unbox.applyAsInt(5));
          seen.add(widen.applyAsLong(6));
          seen.add(box.apply(1));
          seen.add(arrays.apply(3).length);
          seen.add(constructor.get());
          seen.add(made.apply("made").reverse().toString());
          seen.add(receiver.apply("abc", "ab"));
          seen.add(bound.test("d"));
          seen.add(wide.of(1, 2.5, 3, 0.25f));
          seen.add(captures.of(1, 2, 3, 4));
          seen.add(date.apply(0).getClass() + " " + sameName.apply(0).getClass());
          seen.add(widened.getAsLong());
          seen.add(widenedToo.applyAsDouble(Optional.of(3)));
          seen.add(truth.getAsBoolean());
          seen.add(chain.of(null) == last);
          drops.run();
          serializable.run();
          dropsBoolean.accept("added");
          drop2.call();
          seen.add(list);
          seen.add(named.twice());
          List<String> sorted = new ArrayList<>(List.of("a", "ccc", "bb"));
          sorted.sort(order);
          seen.add(sorted);
          seen.add(sum.apply(1, 2) + sums.applyAsInt(3, 4));
          seen.add(wider.applyAsLong(Integer.MIN_VALUE));
          seen.add(boxed.getAsLong());
          seen.add(nested.get().get());
          seen.add(privately.get());
          seen.add(privateOfThis.applyAsInt(2) + privateOfThis.applyAsInt(3));
          seen.add(new Derived().above().get());
          seen.add(ofInterface.apply(new Small(4)));
          seen.add(staticOfInterface.get());
          seen.add(new Own() { public String toString() { return "own"; } }.open().get());
          seen.add(same() == same());
          for (Object each : Arrays.asList("t", 1, null)) seen.add(Own.kind().apply(each));
          for (Object each : Arrays.asList(new Small(1), new Small(20), new Large(2, "l"), new Large(3, null), "s", 'c', 7, 8L, new int[] {1}, Optional.empty())) {
            seen.add(sort(each));
          }
          try {
            Function<Object, Object> raw = (Function) parse;
            raw.apply(1);
          } catch (ClassCastException e) {
            seen.add("a wrong type is refused");
          }
          return seen;
        }

        interface Callable { void call() throws Exception; }

        private IntUnaryOperator adder() { return this::next; }

        private static Supplier<String> same() { return () -> "same"; }

        private static String sort(Object each) {
          return switch (each) {
            case Small(int size) when size > 10 -> "a large small";
            case Small small -> "small " + small.size();
            case Large(int size, String text) when text == null -> "large without";
            case Large(int size, String text) -> "large " + text;
            case String text -> text;
            case Character c -> "character " + c;
            case Integer i when i == 7 -> "seven";
            case Integer i -> "integer";
            case Number n -> "number " + n;
            case int[] ints -> "ints " + ints.length;
            default -> "something";
          };
        }
      }
      """;

  @Test
  void eachShapeDoesWhatItDidBefore(@TempDir Path folder) throws Exception {
    Path classes = compiled(folder);
    String before = run(classes);
    assertTrue(dynamic(classes).contains(LAMBDAS));
    assertTrue(dynamic(classes).contains(SWITCHES));

    rewrite(classes);

    assertEquals(before, run(classes));
    // A lambda that can be serialized, its reader, and a switch over an int inside a record.
    assertEquals(List.of(SERIALIZABLE, SWITCHES, SERIALIZABLE), mattering(classes));
    assertVerified(classes);
  }

  @Test
  void equalClassesGiveEqualBytes(@TempDir Path one, @TempDir Path other) throws Exception {
    Path first = compiled(one);
    Path second = compiled(other);
    rewrite(first);
    rewrite(second);
    List<Path> files = files(first);
    assertEquals(files.size(), files(second).size());
    for (Path file : files) {
      assertEquals(-1, Files.mismatch(file, second.resolve(first.relativize(file))));
    }
  }

  @Test
  void whatShipsLeavesNoLambdaToTheJvm() throws IOException {
    Path classes = Path.of(System.getProperty("llmhop.classes", "build/classes"));
    assertEquals(List.of(), mattering(classes));
    assertVerified(classes);
    for (Path file : files(classes)) {
      boolean launcher = file.endsWith("Launcher.class");
      int java = launcher ? ClassFile.JAVA_8_VERSION : ClassFile.JAVA_25_VERSION;
      assertEquals(java, ClassFile.of().parse(file).majorVersion(), file.toString());
    }
  }

  private static Path compiled(Path folder) throws IOException {
    Path source = Files.writeString(folder.resolve("Shapes.java"), SHAPES);
    Path classes = Files.createDirectory(folder.resolve("classes"));
    String[] arguments = {"-d", classes.toString(), source.toString()};
    assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments));
    return classes;
  }

  private static void rewrite(Path classes) throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process step =
        new ProcessBuilder(java, "tools/Lambdas.java", classes.toString()).inheritIO().start();
    assertTrue(step.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, step.exitValue());
  }

  private static String run(Path classes) throws Exception {
    URL[] path = {classes.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
      var run = loader.loadClass("Shapes").getDeclaredMethod("run");
      run.setAccessible(true);
      return run.invoke(null).toString();
    }
  }

  private static List<String> mattering(Path classes) throws IOException {
    List<String> calls = new ArrayList<>(dynamic(classes));
    calls.removeIf(call -> call.startsWith("ObjectMethods.") || call.startsWith("StringConcat"));
    return calls;
  }

  /// The bootstrap methods of all dynamic calls.
  private static List<String> dynamic(Path classes) throws IOException {
    List<String> bootstraps = new ArrayList<>();
    for (Path file : files(classes)) {
      ClassModel model = ClassFile.of().parse(file);
      for (var method : model.methods()) {
        method
            .code()
            .ifPresent(
                code ->
                    code.forEach(
                        each -> {
                          if (each instanceof InvokeDynamicInstruction call) {
                            var bootstrap = call.bootstrapMethod();
                            bootstraps.add(
                                bootstrap.owner().displayName() + "." + bootstrap.methodName());
                          }
                        }));
      }
    }
    return bootstraps;
  }

  /// As the JVM would, of all classes, and not only of those that run here.
  private static void assertVerified(Path classes) throws IOException {
    URL[] path = {classes.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
      ClassFile format =
          ClassFile.of(
              ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(loader)));
      for (Path file : files(classes)) {
        assertEquals(List.of(), format.verify(file), file.toString());
      }
    }
  }

  private static List<Path> files(Path classes) throws IOException {
    try (Stream<Path> all = Files.walk(classes)) {
      return all.filter(file -> file.toString().endsWith(".class")).sorted().toList();
    }
  }
}
