package llmhop;

/// The jar's main class: starts [Main], or says which Java is needed when this one is too old.
///
/// It is compiled for Java 8: a class for a newer Java would end an older one with a stack trace
/// before a line of ours runs. Main is loaded when the call is reached, not before. By reflection
/// the call took 25 ms.
public final class Launcher {
  private static final int OLDEST_JAVA = 25;

  private Launcher() {}

  /// Runs Main with the command line, or exits 1 on a Java that is too old.
  ///
  /// @param arguments the command line, as it came
  public static void main(String[] arguments) {
    if (release(System.getProperty("java.specification.version")) < OLDEST_JAVA) {
      System.err.println(refusal(System.getProperty("java.version")));
      System.exit(1);
    }
    Main.main(arguments);
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
