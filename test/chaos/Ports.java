package chaos;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/// Free ports below those that the system gives to outgoing connections, each handed out once.
final class Ports {

  private static final int FIRST = 20_000;
  private static final int COUNT = 10_000;

  private int next = FIRST + (int) (ProcessHandle.current().pid() * 37 % COUNT);

  synchronized int free() throws IOException {
    for (int tries = 0; tries < COUNT; tries++) {
      int port = next;
      next = FIRST + (next + 1 - FIRST) % COUNT;
      try (ServerSocket socket = new ServerSocket()) {
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress("127.0.0.1", port));
        return port;
      } catch (IOException e) {
        // Somebody has it: the next one.
      }
    }
    throw new IOException("no port is free");
  }
}
