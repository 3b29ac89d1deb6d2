package llmhop.backend;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import llmhop.config.Model;
import llmhop.config.ModelLimits;
import llmhop.config.QueueRules;

/// The places at a model with limits. Whoever gives a place back passes it on to the next in line,
/// so that nobody who comes later is faster.
///
/// ```
///   enter --there is room--> taken --close--> (the next in line)
///     |--no queue, or it is full--> denied
///     +--> waiting --passed on--> taken
///             |--hang-up--> left
///             +--time is over, pushed out--> denied
/// ```
final class LimitedPlaces implements Places {
  /// How much a new duration counts for the mean: an eighth, as in TCP's round trip times.
  private static final int SMOOTHING = 8;

  /// What is taken for the mean before there is one.
  private static final long FIRST_GUESS_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// Who waits for a backend looks this often whether one that was down may be tried again, which
  /// nobody tells.
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final LongSupplier nanos;
  private final boolean alike;
  private final ReentrantLock lock = new ReentrantLock();
  // All below is guarded by the lock.
  private final Line<Waiter> line = new Line<>();
  private ModelLimits limits;
  private boolean backendsLimited;
  // Whether some who wait began with an older config, whose backends may be others.
  private boolean mixed;
  private int taken;
  private long meanNanos = FIRST_GUESS_NANOS;

  /// Those of a model that has had none before.
  ///
  /// @param nanos the clock, as of [System#nanoTime]
  LimitedPlaces(Model model, LongSupplier nanos) {
    this.limits = model.limits();
    this.backendsLimited = model.limitsBackends();
    // Each backend does for each request, unless they serve what they list.
    this.alike = !model.name().equals(Model.ANY);
    this.nanos = nanos;
  }

  /// A request in the line.
  private static final class Waiter {
    final Seeker seeker;
    final Thread thread = Thread.currentThread();
    // Written under the lock of the places, read by its thread whenever it wakes.
    volatile boolean pushedOut;
    volatile Optional<Place> place = Optional.empty();

    Waiter(Seeker seeker) {
      this.seeker = seeker;
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
    QueueRules queue;
    long lookNanos;
    lock.lock();
    try {
      // Time alone may have made room: a backend that was down may be tried again.
      passOn();
      if ((line.size() == 0 || !areAlike()) && hasRoom() && seeker.reserve()) {
        return new Entry.Granted(take(), 0);
      }
      if (limits.queue().isEmpty()) {
        return denied(Entry.Why.TAKEN, 0);
      }
      queue = limits.queue().get();
      if (line.size() >= queue.max() && !makeRoom(seeker)) {
        return denied(Entry.Why.FULL, 0);
      }
      waiter = new Waiter(seeker);
      line.add(seeker.priority(), seeker.owner(), waiter);
      lookNanos = backendsLimited ? LOOK_NANOS : Long.MAX_VALUE;
      passOn();
    } finally {
      lock.unlock();
    }
    return await(waiter, queue.longest().toNanos(), lookNanos);
  }

  private Entry await(Waiter waiter, long mostNanos, long lookNanos) {
    Seeker seeker = waiter.seeker;
    long start = nanos.getAsLong();
    if (waiter.place.isEmpty()) {
      seeker.waits(() -> LockSupport.unpark(waiter.thread));
    }
    while (true) {
      long waited = nanos.getAsLong() - start;
      boolean over = waited >= mostNanos || seeker.gone() || Thread.currentThread().isInterrupted();
      if (over || waiter.place.isPresent() || waiter.pushedOut) {
        return end(waiter, waited);
      }
      long sleep = Math.min(mostNanos - waited, lookNanos);
      LockSupport.parkNanos(this, sleep);
      if (sleep == lookNanos) look();
    }
  }

  /// It waits no longer, for whatever reason.
  private Entry end(Waiter waiter, long waited) {
    Seeker seeker = waiter.seeker;
    lock.lock();
    try {
      line.remove(seeker.priority(), seeker.owner(), waiter);
      if (waiter.place.isPresent() && !seeker.gone()) {
        return new Entry.Granted(waiter.place.get(), waited);
      }
      if (waiter.place.isEmpty() && !seeker.gone()) {
        return denied(waiter.pushedOut ? Entry.Why.PUSHED_OUT : Entry.Why.WAITED, waited);
      }
    } finally {
      lock.unlock();
    }
    waiter.place.ifPresent(Place::close);
    return new Entry.Left(waited);
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

  /// Whether nobody can go where the first in line can't.
  private boolean areAlike() {
    mixed = mixed && line.size() > 0;
    return alike && !mixed;
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
      Optional<Waiter> next = line.take(waiter -> waiter.seeker.reserve(), !areAlike());
      if (next.isEmpty()) {
        return;
      }
      next.get().place = Optional.of(take());
      LockSupport.unpark(next.get().thread);
    }
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

  @Override
  public boolean areLimited() {
    return true;
  }

  @Override
  public void limit(Model model) {
    limit(model.limits(), model.limitsBackends());
  }

  @Override
  public void lift() {
    limit(ModelLimits.NONE, false);
  }

  private void limit(ModelLimits now, boolean ofBackends) {
    lock.lock();
    try {
      limits = now;
      backendsLimited = ofBackends;
      mixed = true;
      passOn();
    } finally {
      lock.unlock();
    }
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
