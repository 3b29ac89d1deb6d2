package llmhop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class LauncherTest {
  private static final Path CLASSES =
      Path.of(System.getProperty("llmhop.classes", "build/classes"));

  @Test
  void anOldJavaIsNamedWithTheVersionItWouldTake() {
    assertEquals("llmhop needs Java 25 or newer, this is 17.0.15", Launcher.refusal("17.0.15"));
  }

  @Test
  void bothSpellingsOfAJavaReleaseAreUnderstood() {
    assertEquals(8, Launcher.release("1.8"));
    assertEquals(17, Launcher.release("17"));
    assertEquals(25, Launcher.release("25"));
  }

  @Test
  void theLauncherIsAClassThatJava8CanLoad() throws IOException {
    var launcher = ClassFile.of().parse(CLASSES.resolve("llmhop/Launcher.class"));
    assertEquals(ClassFile.JAVA_8_VERSION, launcher.majorVersion());
  }
}
