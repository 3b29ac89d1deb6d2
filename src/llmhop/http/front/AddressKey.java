package llmhop.http.front;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/// Groups connections by the address that they come from. An IPv6 address counts by its first 64
/// bits, because one host usually has a whole /64 (RFC 6177). A Unix socket and a proxy that stands
/// for many callers have no group: each of their connections has a key of its own.
final class AddressKey {
  private AddressKey() {}

  /// Returns the key of a connection. Keys are equal for connections of the same group.
  static Object of(SocketAddress remote, CallerRules rules) {
    if (!(remote instanceof InetSocketAddress inet) || rules.standsForMany(inet.getAddress())) {
      return new Object();
    }
    InetAddress address = inet.getAddress();
    return address instanceof Inet6Address
        ? (Object) ByteBuffer.wrap(address.getAddress()).getLong()
        : address;
  }
}
