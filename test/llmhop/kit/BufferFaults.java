package llmhop.kit;

import java.util.concurrent.atomic.AtomicLong;
import llmhop.http.wire.BufferCheck;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails each test during which a pooled buffer of this JVM was misused. JUnit finds it by itself,
/// and `build.sh test` switches the check on.
public final class BufferFaults implements AfterEachCallback {
  private static final AtomicLong TOLD = new AtomicLong();

  /// Made by JUnit.
  public BufferFaults() {}

  @Override
  public void afterEach(ExtensionContext context) {
    if (BufferCheck.isOn()) {
      long now = BufferCheck.faults();
      if (TOLD.getAndSet(now) < now) {
        throw new AssertionError(
            "pooled buffers were misused by this test, or one beside it: " + BufferCheck.told());
      }
    }
  }
}
