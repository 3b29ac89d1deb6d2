package llmhop.backend;

import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import llmhop.config.Model;
import llmhop.config.ModelLimits;

/// The places at a model with limits. Whoever gives a place back passes it on to the next in line,
/// so that nobody who comes later is faster.
///
/// ```
///   enter --there is room--> taken --close--> (the next in line)
///     |--no queue, or it is full--> denied
///     +--> waiting --passed on--> taken
///             |--hang-up--> left
///             +--time is over, pushed out, the queue is taken away--> denied
/// ```
///
/// A config that changes the queue changes it for the requests that wait already: each of them may
/// wait as long as the new config says, counted from when it came. A queue that becomes smaller
/// than the number of those who wait sends none of them away, and takes no more until it has room.
final class LimitedPlaces implements Places {
  /// How much a new duration counts for the mean: an eighth, as in TCP's round trip times.
  private static final int SMOOTHING = 8;

  /// What is taken for the mean before there is one.
  private static final long FIRST_GUESS_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// Who waits for a backend looks this often whether one that was down may be tried again, which
  /// nobody tells.
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();
  // All below is guarded by the lock.
  private final Line<Waiter> line = new Line<>();
  private ModelLimits limits;
  private boolean backendsLimited;
  private int taken;

  // Written under the lock, read by those who wait without it.
  private volatile long maxWaitNanos;
  private volatile long lookEveryNanos;

  // What the last who came to the line wants, and whether others there may want something else.
  private Object wanted = "nothing yet";
  private boolean mixed;
  private long lastLook;
  private long meanNanos = FIRST_GUESS_NANOS;

  /// Those of a model that has had none before.
  ///
  /// @param nanos the clock, as of [System#nanoTime]
  LimitedPlaces(Model model, LongSupplier nanos) {
    set(model.limits(), model.limitsBackends());
    this.nanos = nanos;
    this.lastLook = nanos.getAsLong();
  }

  /// A request in the line.
  private static final class Waiter {
    final Seeker seeker;
    final Thread thread = Thread.currentThread();
    final long since;
    // Written under the lock of the places, read by its thread whenever it wakes.
    volatile boolean pushedOut;
    volatile Optional<Place> place = Optional.empty();

    Waiter(Seeker seeker, long since) {
      this.seeker = seeker;
      this.since = since;
    }
  }

  private final class Taken implements Place {
    private final long since = nanos.getAsLong();
    private boolean open = true;

    @Override
    public void close() {
      if (open) {
        open = false;
        giveBack(nanos.getAsLong() - since);
      }
    }
  }

  @Override
  public Entry enter(Seeker seeker) {
    Waiter waiter;
    lock.lock();
    try {
      // Time alone may have made room: a backend that was down may be tried again.
      passOn();
      if (mayPass(seeker) && hasRoom() && seeker.reserve(backendsLimited)) {
        return new Entry.Granted(take(), 0);
      }
      if (limits.queue().isEmpty()) {
        return denied(Entry.Why.TAKEN, 0);
      }
      if (line.size() >= limits.queue().get().max() && !makeRoom(seeker)) {
        return denied(Entry.Why.FULL, 0);
      }
      waiter = new Waiter(seeker, nanos.getAsLong());
      add(waiter);
      passOn();
    } finally {
      lock.unlock();
    }
    boolean ended = false;
    try {
      Entry entry = await(waiter);
      ended = true;
      return entry;
    } finally {
      if (!ended) leave(waiter);
    }
  }

  /// Whether there may be a place for it though others wait: they may want something else.
  private boolean mayPass(Seeker seeker) {
    return line.size() == 0 || mixed || !wanted.equals(seeker.wants());
  }

  private void add(Waiter waiter) {
    Seeker seeker = waiter.seeker;
    mixed = mayPass(seeker) && line.size() > 0;
    wanted = seeker.wants();
    line.add(seeker.priority(), seeker.owner(), waiter);
  }

  private Entry await(Waiter waiter) {
    Seeker seeker = waiter.seeker;
    if (waiter.place.isEmpty()) {
      seeker.waits(() -> LockSupport.unpark(waiter.thread));
    }
    while (true) {
      // Read anew each time: a config that changes them wakes all who wait.
      long maxNanos = maxWaitNanos;
      long lookNanos = lookEveryNanos;
      long waited = nanos.getAsLong() - waiter.since;
      boolean over = waited >= maxNanos || seeker.gone() || Thread.currentThread().isInterrupted();
      if (over || waiter.place.isPresent() || waiter.pushedOut) {
        return end(waiter);
      }
      long sleep = Math.min(maxNanos - waited, lookNanos);
      LockSupport.parkNanos(this, sleep);
      if (sleep == lookNanos) lookInTurn();
    }
  }

  /// It waits no longer, for whatever reason.
  private Entry end(Waiter waiter) {
    Seeker seeker = waiter.seeker;
    long waited = nanos.getAsLong() - waiter.since;
    lock.lock();
    try {
      line.remove(seeker.priority(), seeker.owner(), waiter);
      if (waiter.place.isPresent() && !seeker.gone()) {
        return new Entry.Granted(waiter.place.get(), waited);
      }
      if (waiter.place.isEmpty() && !seeker.gone()) {
        return denied(whyNot(waiter), waited);
      }
    } finally {
      lock.unlock();
    }
    waiter.place.ifPresent(Place::close);
    return new Entry.Left(waited);
  }

  private Entry.Why whyNot(Waiter waiter) {
    if (waiter.pushedOut) {
      return Entry.Why.PUSHED_OUT;
    }
    return limits.queue().isEmpty() ? Entry.Why.TAKEN : Entry.Why.WAITED;
  }

  /// It goes, with or without a place.
  private void leave(Waiter waiter) {
    lock.lock();
    try {
      line.remove(waiter.seeker.priority(), waiter.seeker.owner(), waiter);
    } finally {
      lock.unlock();
    }
    waiter.place.ifPresent(Place::close);
  }

  @Override
  public Optional<Place> tryEnter(BooleanSupplier reserve) {
    lock.lock();
    try {
      return hasRoom() && reserve.getAsBoolean() ? Optional.of(take()) : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  private boolean hasRoom() {
    return taken < limits.maxConcurrent().orElse(Integer.MAX_VALUE);
  }

  private Place take() {
    taken++;
    return new Taken();
  }

  private void giveBack(long heldNanos) {
    lock.lock();
    try {
      taken--;
      meanNanos += (heldNanos - meanNanos) / SMOOTHING;
      passOn();
    } finally {
      lock.unlock();
    }
  }

  /// Gives what is free to the next in line, as far as it goes.
  private void passOn() {
    while (line.size() > 0 && hasRoom()) {
      Set<Object> inVain = new HashSet<>();
      Optional<Waiter> next = line.take(waiter -> canGo(waiter.seeker, inVain), mixed);
      if (next.isEmpty()) {
        return;
      }
      next.get().place = Optional.of(take());
      LockSupport.unpark(next.get().thread);
    }
  }

  /// @param inVain what somebody before it wanted in vain
  private boolean canGo(Seeker seeker, Set<Object> inVain) {
    if (inVain.contains(seeker.wants())) {
      return false;
    }
    boolean can = seeker.reserve(backendsLimited);
    if (!can) inVain.add(seeker.wants());
    return can;
  }

  private boolean makeRoom(Seeker seeker) {
    Optional<Waiter> last = line.makeRoom(seeker.priority(), seeker.owner());
    last.ifPresent(
        waiter -> {
          waiter.pushedOut = true;
          LockSupport.unpark(waiter.thread);
        });
    return last.isPresent();
  }

  /// All that have a place give it back after the mean time, one after the other.
  private Entry denied(Entry.Why why, long waited) {
    return new Entry.Denied(why, waited, meanNanos / Math.max(taken, 1));
  }

  @Override
  public void look() {
    lock.lock();
    try {
      passOn();
    } finally {
      lock.unlock();
    }
  }

  /// One of those who wait looks for all of them.
  private void lookInTurn() {
    lock.lock();
    try {
      long now = nanos.getAsLong();
      if (now - lastLook >= LOOK_NANOS / 2) {
        lastLook = now;
        passOn();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean areLimited() {
    return true;
  }

  @Override
  public void limit(Model model) {
    limit(model.limits(), model.limitsBackends());
  }

  /// The queue stays as it is for requests that began under the config before and that no backend
  /// of theirs has room for.
  @Override
  public void lift() {
    lock.lock();
    try {
      limit(new ModelLimits(OptionalInt.empty(), limits.queue(), limits.heartbeat()), false);
    } finally {
      lock.unlock();
    }
  }

  private void limit(ModelLimits now, boolean ofBackends) {
    lock.lock();
    try {
      set(now, ofBackends);
      passOn();
      line.forEach(waiter -> LockSupport.unpark(waiter.thread));
    } finally {
      lock.unlock();
    }
  }

  private void set(ModelLimits now, boolean ofBackends) {
    limits = now;
    maxWaitNanos = now.queue().map(queue -> queue.longest().toNanos()).orElse(0L);
    backendsLimited = ofBackends;
    lookEveryNanos = ofBackends ? LOOK_NANOS : Long.MAX_VALUE;
  }

  @Override
  public int taken() {
    lock.lock();
    try {
      return taken;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int waiting() {
    lock.lock();
    try {
      return line.size();
    } finally {
      lock.unlock();
    }
  }
}
