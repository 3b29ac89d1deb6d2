package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {
  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.255.255, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.0.0.0/8, 9.255.255.255, false",
    "192.168.4.0/22, 192.168.7.255, true",
    "192.168.4.0/22, 192.168.8.0, false",
    "127.0.0.1, 127.0.0.1, true",
    "127.0.0.1, 127.0.0.2, false",
    "0.0.0.0/0, 203.0.113.9, true",
    "0.0.0.0/0, ::1, false",
    "::/0, 2001:db8::1, true",
    "::/0, 10.0.0.1, false",
    "::1, ::1, true",
    "fd00::/8, fdff::1, true",
    "fd00::/8, fe00::1, false",
    "2001:db8:8000::/33, 2001:db8:8000::, true",
    "2001:db8:8000::/33, 2001:db8:7fff::, false",
    "10.0.0.0/8, ::ffff:10.1.2.3, true",
  })
  void anAddressIsInsideOrNot(String range, String address, boolean inside) {
    assertEquals(inside, AddressRange.parse(range).contains(InetAddress.ofLiteral(address)), range);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "::/129",
        "10/8",
        "10.0.0/8",
        "localhost",
        "fe80::1%eth0",
        "[::1]",
        "::ffff:10.0.0.0/104",
        "010.0.0.1",
        "10.0.0.0/99999999999"
      })
  void anythingElseIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> AddressRange.parse(text));
  }

  @Test
  void bitsBeyondThePrefixAreRefusedWithTheRangeThatWasMeant() {
    var e = assertThrows(IllegalArgumentException.class, () -> AddressRange.parse("10.1.2.3/8"));
    assertTrue(e.getMessage().contains("\"10.0.0.0/8\""), e.getMessage());
  }
}
