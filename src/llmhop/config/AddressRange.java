package llmhop.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A block of IP addresses in CIDR notation (RFC 4632, 3.1; RFC 4291, 2.3).
///
/// @param first the lowest address of the block
/// @param prefixBits how many leading bits all its addresses share
public record AddressRange(InetAddress first, int prefixBits) {

  private static final Pattern FORM = Pattern.compile("([^/]+)(?:/([0-9]{1,3}))?");

  /// Refuses prefixes longer than the address and bits set beyond the prefix.
  public AddressRange {
    int bits = first.getAddress().length * Byte.SIZE;
    Checks.that(
        prefixBits >= 0 && prefixBits <= bits, "the prefix must be /0 to /" + bits + " here");
    InetAddress lowest = masked(first, prefixBits);
    Checks.that(
        lowest.equals(first),
        "has bits set beyond /%d, write \"%s/%d\""
            .formatted(prefixBits, lowest.getHostAddress(), prefixBits));
  }

  /// Reads `10.0.0.0/8`, `fd00::/8`, or a single address.
  ///
  /// @param text one of these forms; a name is none
  /// @return the block
  /// @throws IllegalArgumentException saying what is wrong and what to write instead
  public static AddressRange parse(String text) {
    String otherwise = "not an address range, write \"10.0.0.0/8\", \"fd00::/8\" or one address";
    Matcher matcher = FORM.matcher(text);
    Checks.that(matcher.matches(), otherwise);
    InetAddress first = Hosts.address(matcher.group(1)).orElseThrow(() -> new Malformed(otherwise));
    int bits = first.getAddress().length * Byte.SIZE;
    // Java makes an IPv4 address of ::ffff:10.0.0.0, and its prefix would then mean another thing.
    Checks.that(
        bits == 128 || matcher.group(1).indexOf(':') < 0, "an IPv4 address: write it as one");
    return new AddressRange(
        first, matcher.group(2) == null ? bits : Integer.parseInt(matcher.group(2)));
  }

  /// Whether the address lies in the block. IPv4 blocks hold no IPv6 addresses, nor the reverse.
  ///
  /// @param address any address
  /// @return true when its leading bits are the block's
  public boolean contains(InetAddress address) {
    return address.getAddress().length == first.getAddress().length
        && masked(address, prefixBits).equals(first);
  }

  private static InetAddress masked(InetAddress address, int prefixBits) {
    byte[] bytes = address.getAddress();
    for (int i = 0; i < bytes.length; i++) {
      int kept = Math.clamp(prefixBits - (long) i * Byte.SIZE, 0, Byte.SIZE);
      bytes[i] &= (byte) (0xff << Byte.SIZE - kept);
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address keeps its length", e);
    }
  }

  @Override
  public String toString() {
    return first.getHostAddress() + "/" + prefixBits;
  }
}
