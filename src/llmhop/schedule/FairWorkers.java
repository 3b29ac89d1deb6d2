package llmhop.schedule;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Runs short CPU work on a bounded number of platform threads, in turn for each key, while the
/// thread of the request waits. A key with much work delays another key's work by one piece of work
/// at most. Threads start when there is work and end when there has been none for a while.
///
/// There are two lanes with limits of their own, which workers serve in turn: callers can make
/// thousands of keys, and must neither fill the places nor take the time of work that the router
/// needs for its backends. A piece of a backend's lane therefore waits for one piece of a caller's
/// work at most before it and before each piece of its own lane that is ahead.
///
/// ```
///   submit --> waiting --a worker takes it--> running --> over
///              waiting --cancel, or pushed out by another key--> over (not run)
/// ```
///
/// Shared by all threads. Work must neither wait nor submit work.
public final class FairWorkers {
  /// Workers of the process. Half of the cores at most, since the operating system shares time
  /// between workers and carriers: with as many workers as carriers a flood of handshakes would
  /// take half of the CPU from requests, with fewer it takes a third or less.
  public static final FairWorkers SHARED =
      new FairWorkers(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), 512, 4096);

  /// How long a worker without work stays.
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final int maxThreads;
  private final int maxPerKey;
  private final int maxWaiting;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  // The fields below are guarded by the lock.
  private final Row callers = new Row();
  private final Row backends = new Row();
  private boolean backendsWereLast;
  private int threads;
  private int idle;

  /// Creates workers; no thread starts yet.
  ///
  /// @param maxThreads how many pieces of work run at a time
  /// @param maxPerKey how many pieces may wait for one key; a worker does some hundred a second
  /// @param maxWaiting how many may wait in each lane; longer than a deadline is in vain
  public FairWorkers(int maxThreads, int maxPerKey, int maxWaiting) {
    this.maxThreads = maxThreads;
    this.maxPerKey = maxPerKey;
    this.maxWaiting = maxWaiting;
  }

  /// For whom work is done.
  public enum Lane {
    /// Work that callers cause, as many as there are addresses.
    CALLERS,
    /// Work for connections to backends, and for the operator.
    BACKENDS
  }

  /// The work that waits in one lane.
  private static final class Row {
    private final Map<Object, Waiting> waiting = new HashMap<>();
    private final LinkedHashSet<Waiting> turns = new LinkedHashSet<>();
    private int count;
  }

  /// The work that waits for one key, oldest first.
  private static final class Waiting {
    private final Row row;
    private final Object key;
    private final LinkedHashSet<Task> tasks = new LinkedHashSet<>();

    Waiting(Row row, Object key) {
      this.row = row;
      this.key = key;
    }
  }

  private enum State {
    WAITING,
    RUNNING,
    DONE,
    CANCELLED
  }

  /// A piece of work.
  public final class Task {
    private final Runnable work;
    private final Waiting queue;
    private final Condition over = lock.newCondition();
    private State state = State.WAITING;
    private Throwable thrown;

    private Task(Runnable work, Waiting queue) {
      this.work = work;
      this.queue = queue;
    }

    /// Waits until the work is over.
    ///
    /// @return false when it was cancelled or pushed out before it ran
    /// @throws InterruptedException after it has been cancelled, or else has run to its end
    public boolean await() throws InterruptedException {
      boolean interrupted = false;
      lock.lock();
      try {
        while (state == State.WAITING || state == State.RUNNING) {
          try {
            over.await();
          } catch (InterruptedException e) {
            interrupted = true;
            drop(this);
          }
        }
      } finally {
        lock.unlock();
      }
      if (interrupted) {
        throw new InterruptedException();
      }
      switch (thrown) {
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case null, default -> {}
      }
      return state == State.DONE;
    }

    /// Takes the work out of its queue, unless it runs already. From any thread.
    public void cancel() {
      lock.lock();
      try {
        drop(this);
      } finally {
        lock.unlock();
      }
    }
  }

  /// Queues a piece of a caller's work.
  ///
  /// @param key whose turn it takes; with `equals` and `hashCode`
  /// @return empty when too much waits already
  public Optional<Task> submit(Object key, Runnable work) {
    return submit(Lane.CALLERS, key, work);
  }

  /// Queues a piece of work.
  ///
  /// @param key whose turn it takes; with `equals` and `hashCode`
  /// @return empty when too much waits already
  public Optional<Task> submit(Lane lane, Object key, Runnable work) {
    lock.lock();
    try {
      Row row = lane == Lane.CALLERS ? callers : backends;
      Waiting queue = row.waiting.get(key);
      int own = queue == null ? 0 : queue.tasks.size();
      if (own >= maxPerKey || (row.count >= maxWaiting && !pushOut(row, own))) {
        return Optional.empty();
      }
      if (queue == null) {
        queue = new Waiting(row, key);
        row.waiting.put(key, queue);
        row.turns.add(queue);
      }
      var task = new Task(work, queue);
      queue.tasks.add(task);
      row.count++;
      try {
        callWorker();
      } catch (Error e) {
        // The system gives no thread. With a worker the work is only late.
        if (threads == 0) {
          drop(task);
          return Optional.empty();
        }
      }
      return Optional.of(task);
    } finally {
      lock.unlock();
    }
  }

  /// Runs a piece of a caller's work and waits for its end.
  ///
  /// @return false when too much waited already, and nothing was run
  public boolean run(Object key, Runnable work) throws InterruptedException {
    return run(Lane.CALLERS, key, work);
  }

  /// Runs a piece of work and waits for its end.
  ///
  /// @return false when too much waited already, and nothing was run
  public boolean run(Lane lane, Object key, Runnable work) throws InterruptedException {
    Optional<Task> task = submit(lane, key, work);
    return task.isPresent() && task.get().await();
  }

  /// How many pieces of work wait.
  public int waiting() {
    lock.lock();
    try {
      return callers.count + backends.count;
    } finally {
      lock.unlock();
    }
  }

  /// Drops the newest work of the key that has most, where that is more than a newcomer's key has.
  private boolean pushOut(Row row, int own) {
    if (row.waiting.size() == row.count) {
      return false;
    }
    Waiting longest = null;
    for (Waiting each : row.waiting.values()) {
      if (longest == null || each.tasks.size() > longest.tasks.size()) {
        longest = each;
      }
    }
    if (longest == null || longest.tasks.size() <= own + 1) {
      return false;
    }
    drop(longest.tasks.getLast());
    return true;
  }

  private void drop(Task task) {
    if (task.state == State.WAITING) {
      Row row = task.queue.row;
      task.queue.tasks.remove(task);
      row.count--;
      if (task.queue.tasks.isEmpty()) {
        row.waiting.remove(task.queue.key);
        row.turns.remove(task.queue);
      }
      task.state = State.CANCELLED;
      task.over.signalAll();
    }
  }

  /// Wakes or starts a worker.
  private void callWorker() {
    if (idle > 0) {
      work.signal();
    } else if (threads < maxThreads) {
      Thread.ofPlatform().daemon().name("worker").start(this::serve);
      threads++;
    }
  }

  private void serve() {
    lock.lock();
    try {
      for (Task task = next(); task != null; task = next()) {
        task.state = State.RUNNING;
        runUnlocked(task);
        task.state = State.DONE;
        task.over.signalAll();
      }
    } finally {
      threads--;
      lock.unlock();
    }
  }

  private void runUnlocked(Task task) {
    lock.unlock();
    try {
      task.work.run();
    } catch (RuntimeException | Error e) {
      task.thrown = e;
    } finally {
      lock.lock();
    }
  }

  /// The lane whose turn it is: another one than the last, where both have work.
  private Row row() {
    boolean ofBackends =
        callers.turns.isEmpty() || (!backends.turns.isEmpty() && !backendsWereLast);
    backendsWereLast = ofBackends;
    return ofBackends ? backends : callers;
  }

  /// Takes the oldest work of the key whose turn it is, waiting for some.
  ///
  /// @return null when there was none for a while
  private Task next() {
    long left = IDLE_NANOS;
    while (true) {
      if (!callers.turns.isEmpty() || !backends.turns.isEmpty()) {
        return take(row().turns.removeFirst());
      }
      if (left <= 0) {
        return null;
      }
      idle++;
      try {
        left = work.awaitNanos(left);
      } catch (InterruptedException e) {
        // No code interrupts a worker.
      } finally {
        idle--;
      }
    }
  }

  private Task take(Waiting queue) {
    Row row = queue.row;
    Task task = queue.tasks.removeFirst();
    row.count--;
    if (queue.tasks.isEmpty()) {
      row.waiting.remove(queue.key);
    } else {
      row.turns.add(queue);
    }
    return task;
  }
}
