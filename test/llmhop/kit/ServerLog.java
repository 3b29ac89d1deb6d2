package llmhop.kit;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// Keeps what an HTTP server logs of its handlers' faults, instead of printing it, until closed.
///
/// The log is the process's: a class that opens one says `@ResourceLock(ServerLog.NAME)`, so that
/// no two run at once. Shared by threads.
public final class ServerLog implements AutoCloseable {
  /// The name of the log.
  public static final String NAME = "com.sun.net.httpserver";

  private final Logger logger = Logger.getLogger(NAME);
  private final List<LogRecord> records = new CopyOnWriteArrayList<>();
  private final Handler handler = new Keeper();

  private final class Keeper extends Handler {
    @Override
    public void publish(LogRecord line) {
      records.add(line);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  /// Begins to keep.
  public ServerLog() {
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
  }

  /// The records up to now.
  ///
  /// @return a view
  public List<LogRecord> records() {
    return records;
  }

  @Override
  public void close() {
    logger.removeHandler(handler);
    logger.setUseParentHandlers(true);
  }
}
