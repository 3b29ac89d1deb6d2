package llmhop.tool;

import java.util.Optional;

/// A request that gets an error for an answer: the caller's fault, or one that was asked for.
final class Refused extends Exception {
  private final int status;
  private final Optional<String> parameter;

  private Refused(int status, Optional<String> parameter, String message) {
    super(message);
    this.status = status;
    this.parameter = parameter;
  }

  static Refused badRequest(String message) {
    return new Refused(400, Optional.empty(), message);
  }

  /// One member of the body is wrong.
  static Refused badField(String name, String what) {
    return new Refused(400, Optional.of(name), name + ": " + what);
  }

  /// In vLLM's words.
  static Refused unknownModel(String model) {
    return new Refused(
        404, Optional.of("model"), "The model `" + Text.cut(model, 256) + "` does not exist.");
  }

  static Refused unknownPath(String path) {
    return new Refused(
        404, Optional.empty(), "The simulator has nothing at " + Text.printable(path, 256) + ".");
  }

  static Refused wrongMethod(String allowed) {
    return new Refused(405, Optional.empty(), "This path takes " + allowed + " only.");
  }

  static Refused tooLarge(long limitBytes) {
    return new Refused(
        413, Optional.empty(), "The body is larger than the limit of " + limitBytes + " bytes.");
  }

  static Refused crowded(int limit) {
    return new Refused(
        503, Optional.empty(), "The queue is full: " + limit + " requests are waiting.");
  }

  /// The operator wanted some requests to fail.
  static Refused onDemand(int status) {
    return new Refused(
        status, Optional.empty(), "Simulated failure, as --fail " + status + " asks for.");
  }

  int status() {
    return status;
  }

  Optional<String> parameter() {
    return parameter;
  }
}
