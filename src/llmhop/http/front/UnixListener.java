package llmhop.http.front;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;

/// A Unix socket to listen on, and its file.
///
/// Who may connect is the mode of the file, and Java can neither set a umask nor bind without
/// listening. So the socket is bound in a new folder that only we may enter, gets its mode there,
/// and is then renamed to where callers look: at no moment can somebody reach it through a wider
/// mode.
///
/// ```
///   bind: lock, file not there, or a socket that refuses --> bind hidden --> mode --> rename
///   stop: remove the file if it is still ours --> close the channel
/// ```
///
/// The rename replaces what a dead process left behind. Two starts at once would both find it dead,
/// so each holds a lock on `.NAME.lock` beside the socket while it looks and renames. The lock file
/// stays: whoever removes one may remove another's lock.
public final class UnixListener {
  /// What the JDK takes on Linux, in bytes. Elsewhere it may be less, and the JDK says so.
  private static final int LONGEST_PATH = 106;

  private static final int TYPE_OF_FILE = 0170000;
  private static final int SOCKET = 0140000;
  private static final String SOCKET_IN_NEST = "s";
  private static final String LONGEST_NEST = ".zzzz/" + SOCKET_IN_NEST;

  /// A lock on a file is the whole process's, and is lost when any of its threads closes that file.
  private static final ReentrantLock ONE_START = new ReentrantLock();

  private final ServerSocketChannel channel;
  private final Path file;
  private final Object key;

  private UnixListener(ServerSocketChannel channel, Path file, Object key) {
    this.channel = channel;
    this.file = file;
    this.key = key;
  }

  /// Listens.
  ///
  /// @param path the socket's file; one that is there is replaced only when it is a socket on which
  ///   nobody answers
  /// @param mode who may connect: on Linux, whoever may write
  /// @param backlog connections that may wait to be accepted
  /// @throws IOException saying what is in the way and what to do
  public static UnixListener bind(Path path, Set<PosixFilePermission> mode, int backlog)
      throws IOException {
    Path file = path.toAbsolutePath();
    Path folder = file.getParent();
    if (folder == null) {
      throw new IOException(file + " is a folder; name a file in it");
    }
    if (!Files.isDirectory(folder)) {
      throw new IOException(
          "the folder %s is missing; create it (systemd does: RuntimeDirectory=)"
              .formatted(folder));
    }
    checkLength(file);
    ONE_START.lock();
    try (FileChannel lockFile = openLock(file)) {
      // Released by closing the file.
      if (lockFile.tryLock() == null) {
        throw new IOException("another process is about to listen on %s".formatted(file));
      }
      refuseWhatIsAlive(file);
      return bindHidden(file, mode, backlog);
    } catch (AccessDeniedException e) {
      throw new IOException(
          "no permission to create %s; change the folder's owner or mode".formatted(e.getFile()),
          e);
    } catch (UnsupportedOperationException e) {
      throw new IOException("this system has no Unix sockets with a mode; listen on TCP", e);
    } finally {
      ONE_START.unlock();
    }
  }

  /// Both paths must do, so that a listener that started once starts with every nest.
  private static void checkLength(Path file) throws IOException {
    int bytes = Math.max(bytes(file), bytes(file.resolveSibling(LONGEST_NEST)));
    if (bytes > LONGEST_PATH) {
      throw new IOException(
          "the path %s is too long for a Unix socket by %d bytes"
              .formatted(file, bytes - LONGEST_PATH));
    }
  }

  private static int bytes(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8).length;
  }

  private static FileChannel openLock(Path file) throws IOException {
    return FileChannel.open(
        file.resolveSibling("." + file.getFileName() + ".lock"),
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
        owner("rw-------"));
  }

  private static FileAttribute<Set<PosixFilePermission>> owner(String mode) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode));
  }

  private static void refuseWhatIsAlive(Path file) throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    int mode = (int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    if ((mode & TYPE_OF_FILE) != SOCKET) {
      throw new IOException(
          "%s is there and is no socket; remove it, or listen elsewhere".formatted(file));
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      // A listener whose backlog is full would let a blocking connect wait.
      probe.configureBlocking(false);
      probe.connect(UnixDomainSocketAddress.of(file));
    } catch (ConnectException refused) {
      return;
    } catch (IOException unclear) {
      throw new IOException(
          "%s is there, and whether it is in use can't be told (%s); remove it, or listen elsewhere"
              .formatted(file, unclear.getMessage()),
          unclear);
    }
    throw new IOException(
        "%s is in use; stop the process that listens there, or listen elsewhere".formatted(file));
  }

  private static UnixListener bindHidden(Path file, Set<PosixFilePermission> mode, int backlog)
      throws IOException {
    Path nest = nest(file.getParent());
    Path hidden = nest.resolve(SOCKET_IN_NEST);
    ServerSocketChannel channel = null;
    try {
      channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      channel.bind(UnixDomainSocketAddress.of(hidden), backlog);
      Files.setPosixFilePermissions(hidden, mode);
      UnixListener listener = new UnixListener(channel, file, key(hidden));
      Files.move(hidden, file, StandardCopyOption.ATOMIC_MOVE);
      return listener;
    } catch (IOException | RuntimeException e) {
      if (channel != null) {
        channel.close();
      }
      throw e;
    } finally {
      Files.deleteIfExists(hidden);
      Files.delete(nest);
    }
  }

  /// A new folder that nobody else may enter, with a short name because paths are limited.
  private static Path nest(Path folder) throws IOException {
    while (true) {
      int number = ThreadLocalRandom.current().nextInt(36 * 36 * 36 * 36);
      try {
        return Files.createDirectory(
            folder.resolve("." + Integer.toString(number, 36)), owner("rwx------"));
      } catch (FileAlreadyExistsException e) {
        // Another number is free.
      }
    }
  }

  private static Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  /// Accepts the callers. Its own address is the hidden one, so show [#path()] instead.
  public ServerSocketChannel channel() {
    return channel;
  }

  /// Where callers connect to.
  public Path path() {
    return file;
  }

  /// Removes the file, unless somebody put another in its place.
  ///
  /// To be called before the channel is closed: until then nobody replaces the file, and no other
  /// file can get its inode number.
  ///
  /// @throws IOException when it is ours and can't be removed
  public void remove() throws IOException {
    try {
      if (Objects.equals(key, key(file))) {
        Files.delete(file);
      }
    } catch (NoSuchFileException e) {
      // Somebody was faster.
    }
  }
}
