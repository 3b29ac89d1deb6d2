import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/// Prints free ports of 127.0.0.1 on one line and holds them until this process is ended.
///
/// Each port is bound by a socket that does not listen, so that the system gives the port to no
/// other program. The router that names a held port can still listen there, since both sockets have
/// `SO_REUSEADDR` and the holder does not listen (ip(7), tcp(7) on Linux).
///
/// Usage: java HeldPorts.java NUMBER
class HeldPorts {
  void main(String[] arguments) throws IOException, InterruptedException {
    List<Socket> holders = new ArrayList<>();
    for (int i = Integer.parseInt(arguments[0]); i > 0; i--) {
      Socket holder = new Socket();
      holder.setReuseAddress(true);
      holder.bind(new InetSocketAddress("127.0.0.1", 0));
      holders.add(holder);
    }
    IO.println(
        String.join(" ", holders.stream().map(holder -> "" + holder.getLocalPort()).toList()));
    Thread.currentThread().join();
  }
}
