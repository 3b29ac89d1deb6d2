package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.HexFormat;
import llmhop.kit.Certificates;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PemTest {
  @TempDir private Path folder;

  // ---- keys

  @ParameterizedTest
  @CsvSource({"RSA, 2048", "EC, 256", "EC, 384", "EC, 521", "Ed25519, 255"})
  void aPkcs8KeyIsRead(String algorithm, int size) throws Exception {
    var generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(size);
    PrivateKey key = generator.generateKeyPair().getPrivate();
    assertArrayEquals(key.getEncoded(), read("PRIVATE KEY", key.getEncoded()).getEncoded());
  }

  @Test
  void aPkcs1KeyIsRead() throws Exception {
    var generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    var key = (RSAPrivateCrtKey) generator.generateKeyPair().getPrivate();
    byte[] pkcs1 =
        der(
            0x30,
            integer(BigInteger.ZERO),
            integer(key.getModulus()),
            integer(key.getPublicExponent()),
            integer(key.getPrivateExponent()),
            integer(key.getPrimeP()),
            integer(key.getPrimeQ()),
            integer(key.getPrimeExponentP()),
            integer(key.getPrimeExponentQ()),
            integer(key.getCrtCoefficient()));
    assertArrayEquals(key.getEncoded(), read("RSA PRIVATE KEY", pkcs1).getEncoded());
  }

  @ParameterizedTest
  @CsvSource({
    "secp256r1, 06082a8648ce3d030107, 32",
    "secp384r1, 06052b81040022, 48",
    "secp521r1, 06052b81040023, 66"
  })
  void aSec1KeyIsRead(String curve, String oid, int octets) throws Exception {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(curve));
    var key = (ECPrivateKey) generator.generateKeyPair().getPrivate();
    byte[] number = fixed(key.getS(), octets);
    byte[] parameters = der(0xa0, HexFormat.of().parseHex(oid));
    byte[] publicKey = der(0xa1, der(0x03, new byte[2 * octets + 2]));
    byte[] version = integer(BigInteger.ONE);
    byte[] with = der(0x30, version, der(0x04, number), parameters, publicKey);
    byte[] without = der(0x30, version, der(0x04, number), parameters);
    assertEquals(key.getS(), ((ECPrivateKey) read("EC PRIVATE KEY", without)).getS());
    assertEquals(key.getS(), ((ECPrivateKey) read("EC PRIVATE KEY", with)).getS());
    byte[] nameless = der(0x30, version, der(0x04, number));
    refused("EC PRIVATE KEY", nameless, "curve");
    refused("EC PRIVATE KEY", java.util.Arrays.copyOf(with, 20), "curve");
  }

  @Test
  void theFirstKeyOfAFileCountsWhateverStandsAroundIt() throws Exception {
    var generator = KeyPairGenerator.getInstance("Ed25519");
    PrivateKey key = generator.generateKeyPair().getPrivate();
    PrivateKey other = generator.generateKeyPair().getPrivate();
    String text =
        "Bag Attributes\n  friendlyName: x\n"
            + Files.readString(Certificates.get().ca())
            + pem("PRIVATE KEY", key.getEncoded()).replace("\n", "\r\n")
            + pem("PRIVATE KEY", other.getEncoded());
    Path file = Files.writeString(folder.resolve("some.pem"), text);
    assertArrayEquals(key.getEncoded(), Pem.privateKey(file).getEncoded());
  }

  @ParameterizedTest
  @ValueSource(strings = {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"})
  void rubbishIsRefusedWithoutBeingShown(String label) throws Exception {
    refused(label, "secret rubbish".getBytes(), "");
    refused(label, new byte[0], "");
  }

  @Test
  void aKeyWithAPasswordIsRefusedWithAHint() throws Exception {
    refused("ENCRYPTED PRIVATE KEY", new byte[10], "password");
    String old =
        "-----BEGIN RSA PRIVATE KEY-----\n"
            + "Proc-Type: 4,ENCRYPTED\n"
            + "DEK-Info: AES-128-CBC,00\n\n"
            + "AAAA\n"
            + "-----END RSA PRIVATE KEY-----\n";
    Path file = Files.writeString(folder.resolve("old.pem"), old);
    String message = assertThrows(IOException.class, () -> Pem.privateKey(file)).getMessage();
    assertTrue(message.contains("password"), message);
  }

  @Test
  void aFileWithoutAKeyIsRefused() {
    assertThrows(IOException.class, () -> Pem.privateKey(Certificates.get().ca()));
    assertThrows(IOException.class, () -> Pem.privateKey(folder));
    assertThrows(IOException.class, () -> Pem.privateKey(folder.resolve("missing")));
  }

  // ---- certificates

  @Test
  void aChainIsReadInItsOrder() throws Exception {
    var chain = Pem.certificates(Certificates.get().serverCertificate());
    assertEquals(2, chain.size());
    chain.get(0).verify(chain.get(1).getPublicKey());
    assertEquals(chain.get(1), Pem.certificates(Certificates.get().ca()).getFirst());
  }

  @Test
  void aFileWithoutACertificateIsRefusedAndNamed() throws Exception {
    Path empty = Files.createFile(folder.resolve("empty.pem"));
    for (Path file :
        new Path[] {empty, folder, folder.resolve("missing"), Certificates.get().clientKey()}) {
      String message = assertThrows(IOException.class, () -> Pem.certificates(file)).getMessage();
      assertTrue(message.startsWith(file + ": "), message);
      assertThrows(IOException.class, () -> Pem.bundle(file));
    }
  }

  @Test
  void halfAFileIsRefusedButABundleMayHoldOddThings() throws Exception {
    String chain = Files.readString(Certificates.get().serverCertificate());
    Path half =
        Files.writeString(folder.resolve("half.pem"), chain.substring(0, chain.length() - 40));
    String message = assertThrows(IOException.class, () -> Pem.certificates(half)).getMessage();
    assertTrue(message.contains("cut short"), message);
    assertEquals(1, Pem.bundle(half).size());
  }

  @Test
  void aFileThatIsFarTooLargeIsNotRead() throws Exception {
    Path large = folder.resolve("large.pem");
    try (var out = new java.io.RandomAccessFile(large.toFile(), "rw")) {
      out.setLength(5 << 20);
    }
    String message = assertThrows(IOException.class, () -> Pem.certificates(large)).getMessage();
    assertTrue(message.contains("4 MiB"), message);
  }

  // ---- helpers

  private PrivateKey read(String label, byte[] der) throws IOException {
    return Pem.privateKey(Files.writeString(folder.resolve("key.pem"), pem(label, der)));
  }

  private void refused(String label, byte[] der, String why) {
    IOException failure = assertThrows(IOException.class, () -> read(label, der));
    assertTrue(failure.getMessage().contains("key.pem"), failure.getMessage());
    assertTrue(failure.getMessage().contains(why), failure.getMessage());
    String encoded = Base64.getEncoder().encodeToString(der);
    assertFalse(!encoded.isEmpty() && failure.getMessage().contains(encoded));
  }

  private static String pem(String label, byte[] der) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }

  private static byte[] integer(BigInteger number) {
    return der(0x02, number.toByteArray());
  }

  private static byte[] fixed(BigInteger number, int octets) {
    byte[] out = new byte[octets];
    byte[] bytes = number.toByteArray();
    int skip = Math.max(bytes.length - octets, 0);
    System.arraycopy(bytes, skip, out, octets - (bytes.length - skip), bytes.length - skip);
    return out;
  }

  private static byte[] der(int tag, byte[]... parts) {
    var content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    var out = new ByteArrayOutputStream();
    out.write(tag);
    int size = content.size();
    if (size < 0x80) {
      out.write(size);
    } else if (size < 0x100) {
      out.write(0x81);
      out.write(size);
    } else {
      out.write(0x82);
      out.write(size >> 8);
      out.write(size);
    }
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }
}
