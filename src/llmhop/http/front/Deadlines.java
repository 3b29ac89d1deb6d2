package llmhop.http.front;

import java.util.Optional;

/// The deadlines of one connection. Its thread says what it does, which costs one write to memory;
/// the server's sweep looks now and then, and keeps the time.
///
/// Times are so as exact as the sweep is frequent, and nobody on the way of a request looks at a
/// clock. A body has a clock of its own: another thread may read it while the connection's writes
/// an answer, or lingers.
final class Deadlines {
  private static final Doing[] DOINGS = Doing.values();

  /// How long a body may come slowly before its connection may be ended for another one.
  private static final long SLOW_NANOS = 1_000_000_000L;

  /// How long a body may be waited for in all, however quickly parts of it come, before its
  /// connection may be ended for another one: a caller could send a burst now and then and hold a
  /// slot for ever. An honest body of 32 MiB comes within this time at 50 Mbit/s.
  private static final long LONG_NANOS = 5_000_000_000L;

  /// How long a caller may take nothing of its answer before its connection may be ended for
  /// another one: longer than a lost packet takes to be sent again a few times.
  private static final long UNREAD_NANOS = 5_000_000_000L;

  private final Limits limits;

  /// A number that grows with each change, times 8, and the [Doing].
  private volatile long word;

  /// Grows with each body.
  private volatile int bodies;

  /// Bytes of bodies that have come.
  private volatile long progress;

  private volatile boolean waiting;

  /// Why the router ended the input; null where it did not.
  private volatile InputEnd ended;

  /// Whether the body that is waited for has come more slowly than its limit allows for a second.
  private volatile boolean bodySlow;

  /// The memory that is held for the write that goes on, where it is much, in bytes.
  private volatile int writing;

  /// Whether the caller has taken nothing of its answer for long. Only the sweep writes it.
  private volatile boolean unread;

  /// The word that the sweep saw last. Only the sweep writes it.
  private volatile long seenWord = -1;

  /// When the sweep saw that word first. Only the sweep writes it.
  private volatile long since;

  private Doing doing = Doing.FRESH;
  private long changes;
  // What follows belongs to the sweep.
  private long last;
  private boolean told;
  private int seenBodies;
  private long seenProgress;
  private long waited;
  private long waitedInAll;

  Deadlines(Limits limits) {
    this.limits = limits;
  }

  /// The connection does this from now on; [Doing#BODY] is said by [#body] and [#waiting].
  void doing(Doing next) {
    doing = next;
    word = ++changes << 3 | next.ordinal();
  }

  /// What it does; on its own thread.
  Doing doing() {
    return doing;
  }

  /// Another body begins.
  void body() {
    waiting = false;
    int next = bodies + 1;
    bodies = next;
  }

  /// Somebody waits for more of the body.
  void waiting() {
    waiting = true;
  }

  /// So much of it came.
  void came(int bytes) {
    waiting = false;
    long sum = progress + bytes;
    progress = sum;
  }

  /// What it does, seen from elsewhere.
  Doing seen() {
    return DOINGS[(int) (word & 7)];
  }

  /// Whether a deadline runs that is short.
  boolean isRunning() {
    Doing now = seen();
    return waiting || (now != Doing.IDLE && now != Doing.HANDLING);
  }

  /// Looks at the clock; on the sweep's thread.
  ///
  /// @return what has taken too long
  Optional<Doing> look(long now) {
    long elapsed = now - last;
    last = now;
    boolean body = isBodyLate(elapsed);
    Optional<Doing> late = late(now);
    return late.isEmpty() && body ? Optional.of(Doing.BODY) : late;
  }

  /// Takes note that the router ends the caller's input. Called before that is done, from any
  /// thread; the first reason stays.
  void end(InputEnd why) {
    if (ended == null) {
      ended = why;
    }
  }

  /// Returns why the router ended the caller's input; null where it did not. A reader that sees the
  /// end of the input also sees this.
  InputEnd ended() {
    return ended;
  }

  private Optional<Doing> late(long now) {
    long seen = word;
    if (seen != seenWord) {
      since = now;
      seenWord = seen;
      told = false;
      return Optional.empty();
    }
    Doing current = DOINGS[(int) (seen & 7)];
    if (told || now - since < limit(current)) {
      return Optional.empty();
    }
    told = true;
    return Optional.of(current);
  }

  /// By progress: in each span of waiting so much must come.
  private boolean isBodyLate(long elapsed) {
    if (bodies != seenBodies) {
      seenBodies = bodies;
      seenProgress = progress;
      waited = 0;
      waitedInAll = 0;
      slow(false);
      return false;
    }
    if (waiting) {
      waited += elapsed;
      waitedInAll += elapsed;
    }
    long limit = limit(Doing.BODY);
    double share = Math.min((double) waited / limit, 1);
    slow(
        waitedInAll >= LONG_NANOS
            || (waited >= SLOW_NANOS && progress - seenProgress < share * Limits.BODY_PROGRESS));
    if (waited < limit) {
      return false;
    }
    waited = 0;
    boolean late = progress - seenProgress < Limits.BODY_PROGRESS;
    seenProgress = progress;
    return late;
  }

  private void slow(boolean now) {
    if (bodySlow != now) {
      bodySlow = now;
    }
  }

  /// Returns whether a body is waited for that comes too slowly. Seen from elsewhere.
  boolean isBodySlow() {
    return waiting && bodySlow;
  }

  /// Takes note how much memory is held for the write that goes on, in bytes.
  void writes(int bytes) {
    writing = bytes;
  }

  /// Returns how much memory is held for the write that goes on, in bytes. Seen from elsewhere.
  int writing() {
    return writing;
  }

  /// Takes note how long the caller has taken nothing of its answer, in nanoseconds; on the sweep's
  /// thread.
  void unreadFor(long nanos) {
    boolean now = nanos >= UNREAD_NANOS;
    if (unread != now) {
      unread = now;
    }
  }

  /// Returns whether the caller has taken nothing of its answer for long. Seen from elsewhere.
  boolean isUnread() {
    return unread;
  }

  /// Returns how long the connection has done the same, in nanoseconds, as far as the sweep has
  /// seen it. Seen from elsewhere.
  long age(long now) {
    return word == seenWord ? Math.max(now - since, 0) : 0;
  }

  private long limit(Doing current) {
    return switch (current) {
      case FRESH, HEAD -> limits.head().toNanos();
      case IDLE -> limits.idle().toNanos();
      case BODY -> limits.bodyStall().toNanos();
      case WRITING -> limits.writeStall().toNanos();
      case LINGERING -> Limits.LINGER.toNanos();
      case HANDLING -> Long.MAX_VALUE;
    };
  }
}
