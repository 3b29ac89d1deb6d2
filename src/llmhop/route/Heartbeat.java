package llmhop.route;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import llmhop.route.Route.Found;

/// Lets the caller of a stream hear a comment now and then until the first byte of its answer's
/// body, so that nobody on the way takes the connection for dead. For one request; shared by its
/// thread and the one that beats, which both write only with the lock held.
///
/// ```
///   WAITING --due, a stream was asked for: our own head, if none is out; a beat--> WAITING
///           --due, and none was asked for--> OVER
///           --stop: a byte of the body, another answer, the end--> OVER
///           --a beat can't be written: the caller has left--> OVER, and whoever works is told
/// ```
///
/// Whether a stream was asked for is looked up when the first beat is due: most requests are
/// answered before.
final class Heartbeat implements Pulse {
  /// The member that asks for a stream.
  private static final String STREAM = "stream";

  private final Exchange x;
  private final Intake.Request request;
  private final long everyNanos;
  private final PassingTime time;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition stopped = lock.newCondition();
  private final AtomicReference<Runnable> onLeft = new AtomicReference<>();
  private volatile boolean over;
  private volatile boolean left;
  private boolean asked;

  private Heartbeat(Exchange x, Intake.Request request, Duration every, PassingTime time) {
    this.x = x;
    this.request = request;
    this.everyNanos = every.toNanos();
    this.time = time;
  }

  /// The pulse of a request, which beats from now on where the model has one and the answer can be
  /// a stream of events.
  ///
  /// @param request lives longer than the pulse does
  static Pulse of(Exchange x, Intake.Request request, Found found, PassingTime time) {
    Optional<Duration> every = found.route().model().limits().heartbeat();
    if (every.isEmpty() || !mayStream(x)) {
      return Pulse.NONE;
    }
    return start(x, request, every.get(), time);
  }

  static Heartbeat start(Exchange x, Intake.Request request, Duration every, PassingTime time) {
    var heartbeat = new Heartbeat(x, request, every, time);
    Thread.ofVirtual().name("heartbeat").start(heartbeat::run);
    return heartbeat;
  }

  /// Ollama's streams are lines of JSON, in which there is no comment.
  private static boolean mayStream(Exchange x) {
    return x.hasBody()
        && !x.method().equals("HEAD")
        && !x.upgrade()
        && !isForm(x.fields().first("Content-Type").orElse(""))
        && ErrorShape.of(x.journal().path()) != ErrorShape.OLLAMA;
  }

  private static boolean isForm(String contentType) {
    return contentType.strip().toLowerCase(Locale.ROOT).startsWith("multipart/");
  }

  private void run() {
    lock.lock();
    try {
      while (!over) {
        if (time.pass(stopped, () -> over, everyNanos) && !over) {
          beat();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      left = true;
    } catch (RuntimeException | Error e) {
      // What is out may be half of a beat: nothing may follow it.
      left = true;
      throw e;
    } finally {
      over = true;
      lock.unlock();
      if (left) {
        tell();
      }
    }
  }

  private void beat() throws IOException {
    asked = asked || request.says(STREAM, () -> over);
    if (asked) {
      x.beat();
    } else {
      over = true;
    }
  }

  private void tell() {
    Runnable gone = onLeft.getAndSet(null);
    if (gone != null) {
      gone.run();
    }
  }

  @Override
  public boolean beats() {
    return !over;
  }

  @Override
  public void keepingStill(Undisturbed what) throws IOException {
    lock.lock();
    try {
      what.run();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void stop() {
    // First this, which ends a look into a large body.
    over = true;
    lock.lock();
    try {
      stopped.signal();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Runnable watch(Runnable gone) {
    var once = new Once(gone);
    onLeft.set(once);
    if (left) {
      Thread.ofVirtual().name("hang-up").start(this::tell);
    }
    return once;
  }

  private record Once(Runnable action, AtomicBoolean ran) implements Runnable {
    Once(Runnable action) {
      this(action, new AtomicBoolean());
    }

    @Override
    public void run() {
      if (ran.compareAndSet(false, true)) {
        action.run();
      }
    }
  }

  @Override
  public boolean callerLeft() {
    return left;
  }
}
