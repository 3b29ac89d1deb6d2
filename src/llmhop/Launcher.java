package llmhop;

import java.lang.reflect.InvocationTargetException;

/// The jar's main class: starts [Main], or says which Java is needed when this one is too old.
///
/// It is compiled for Java 8 by itself, and reaches Main by name only: a class compiled for a newer
/// Java would end an older one with a stack trace before a line of ours runs.
public final class Launcher {
  private static final int OLDEST_JAVA = 25;

  private Launcher() {}

  /// Runs Main with the command line, or exits 1 on a Java that is too old.
  ///
  /// @param arguments the command line, as it came
  /// @throws Throwable whatever Main throws
  public static void main(String[] arguments) throws Throwable {
    if (release(System.getProperty("java.specification.version")) < OLDEST_JAVA) {
      System.err.println(refusal(System.getProperty("java.version")));
      System.exit(1);
    }
    try {
      Class.forName("llmhop.Main")
          .getMethod("main", String[].class)
          .invoke(null, (Object) arguments);
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause();
    }
  }

  /// The feature release of a `java.specification.version`: 8 for "1.8", 25 for "25".
  static int release(String specification) {
    return Integer.parseInt(
        specification.startsWith("1.") ? specification.substring(2) : specification);
  }

  static String refusal(String version) {
    return "llmhop needs Java " + OLDEST_JAVA + " or newer, this is " + version;
  }
}
