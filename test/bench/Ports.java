package bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/// Free ports below those that the system gives to outgoing connections, each handed out once.
///
/// A port that was handed out stays bound to a socket that does not listen, until this process
/// ends. No other program can get the port meanwhile. The process that the port is meant for can
/// listen there, since both sockets have `SO_REUSEADDR`.
final class Ports {

  private static final int FIRST = 20_000;
  private static final int COUNT = 10_000;

  private final List<Socket> holders = new ArrayList<>();
  private int next = FIRST + (int) (ProcessHandle.current().pid() * 37 % COUNT);

  int free() throws IOException {
    for (int tries = 0; tries < COUNT; tries++) {
      int port = next;
      next = FIRST + (next + 1 - FIRST) % COUNT;
      Socket holder = new Socket();
      try {
        holder.setReuseAddress(true);
        holder.bind(new InetSocketAddress("127.0.0.1", port));
        holders.add(holder);
        return port;
      } catch (IOException e) {
        // Another program has the port: the next one is tried.
        holder.close();
      }
    }
    throw new IOException("no port is free");
  }
}
