package llmhop.tool;

/// The command line is wrong; the message is a sentence for whoever wrote it.
final class UsageException extends Exception {
  UsageException(String message) {
    super(message);
  }
}
