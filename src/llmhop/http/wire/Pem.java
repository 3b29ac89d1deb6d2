package llmhop.http.wire;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Certificates and private keys in PEM files (RFC 7468).
///
/// Keys may be PKCS#8, PKCS#1 (RSA) or SEC1 (EC), without a password.
public final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

  private static final Pattern BEGIN = Pattern.compile("^-----BEGIN ", Pattern.MULTILINE);

  private static final int LARGEST_FILE = 4 * 1024 * 1024;

  /// `AlgorithmIdentifier` of rsaEncryption, with its NULL (RFC 8017).
  private static final byte[] RSA = HexFormat.of().parseHex("300d06092a864886f70d0101010500");

  /// The OID of id-ecPublicKey (RFC 5480).
  private static final byte[] EC = HexFormat.of().parseHex("06072a8648ce3d0201");

  private Pem() {}

  private record Block(String label, byte[] der) {}

  /// All certificates of a file, in their order.
  ///
  /// @throws IOException naming the file when it, or one in it, can't be read, or it holds none
  public static List<Certificate> certificates(Path file) throws IOException {
    return certificates(file, false);
  }

  /// The certificates of a bundle that others keep, without those that Java can't read: one odd
  /// authority among hundreds is no reason to trust none of them.
  ///
  /// @throws IOException naming the file when it can't be read or holds none
  public static List<Certificate> bundle(Path file) throws IOException {
    return certificates(file, true);
  }

  private static List<Certificate> certificates(Path file, boolean lenient) throws IOException {
    List<Certificate> certificates = new ArrayList<>();
    for (Block block : blocks(file, lenient)) {
      if (block.label.equals("CERTIFICATE") || block.label.equals("TRUSTED CERTIFICATE")) {
        try {
          CertificateFactory factory = CertificateFactory.getInstance("X.509");
          var der = new ByteArrayInputStream(block.der);
          certificates.add(factory.generateCertificate(der));
        } catch (GeneralSecurityException e) {
          if (!lenient) {
            throw new IOException(file + ": a certificate in it can't be read", e);
          }
        }
      }
    }
    if (certificates.isEmpty()) {
      throw new IOException(file + ": no certificate in it (PEM is expected)");
    }
    return certificates;
  }

  /// The private key of a file.
  ///
  /// @throws IOException naming the file, never its content
  public static PrivateKey privateKey(Path file) throws IOException {
    for (Block block : blocks(file, false)) {
      switch (block.label) {
        case "PRIVATE KEY" -> {
          return pkcs8(file, block.der);
        }
        case "RSA PRIVATE KEY" -> {
          return pkcs8(file, wrap(RSA, block.der));
        }
        case "EC PRIVATE KEY" -> {
          return pkcs8(file, wrap(sequence(EC, curve(file, block.der)), block.der));
        }
        case "ENCRYPTED PRIVATE KEY" -> throw hasPassword(file);
        default -> {}
      }
    }
    throw new IOException(file + ": no private key in it (PEM is expected)");
  }

  private static IOException hasPassword(Path file) {
    return new IOException(file + ": the key has a password; store it without one");
  }

  private static PrivateKey pkcs8(Path file, byte[] der) throws IOException {
    for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
      } catch (GeneralSecurityException e) {
        // It is of another kind.
      }
    }
    throw new IOException(file + ": the private key is neither RSA, EC nor Ed25519");
  }

  /// RFC 5915: `SEQUENCE { version, key, [0] curve, [1] public key }`, of which the curve may be
  /// missing where the file has an EC PARAMETERS block; nobody writes such files any more.
  private static byte[] curve(Path file, byte[] sec1) throws IOException {
    try {
      var der = ByteBuffer.wrap(sec1);
      enter(der, 0x30);
      while (der.hasRemaining()) {
        int tag = der.get() & 0xff;
        byte[] content = new byte[length(der)];
        der.get(content);
        if (tag == 0xa0) {
          return content;
        }
      }
    } catch (BufferUnderflowException | NegativeArraySizeException e) {
      // It is cut short, so it names no curve.
    }
    throw new IOException(file + ": the EC key doesn't name its curve; convert it to PKCS#8");
  }

  private static void enter(ByteBuffer der, int tag) {
    if ((der.get() & 0xff) != tag || length(der) != der.remaining()) {
      throw new BufferUnderflowException();
    }
  }

  /// X.690 section 8.1.3, up to 2 octets of length: keys are no longer.
  private static int length(ByteBuffer der) {
    int first = der.get() & 0xff;
    int length =
        switch (first) {
          case 0x81 -> der.get() & 0xff;
          case 0x82 -> der.getShort() & 0xffff;
          default -> first < 0x80 ? first : -1;
        };
    if (length > der.remaining()) {
      throw new BufferUnderflowException();
    }
    return length;
  }

  private static byte[] wrap(byte[] algorithm, byte[] key) {
    byte[] version = {0x02, 0x01, 0x00};
    return sequence(version, algorithm, tagged(0x04, key));
  }

  private static byte[] sequence(byte[]... parts) {
    var content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    return tagged(0x30, content.toByteArray());
  }

  /// X.690: tag, length, content.
  private static byte[] tagged(int tag, byte[] content) {
    var der = new ByteArrayOutputStream();
    der.write(tag);
    if (content.length < 0x80) {
      der.write(content.length);
    } else {
      int octets = content.length < 0x100 ? 1 : content.length < 0x10000 ? 2 : 3;
      der.write(0x80 | octets);
      for (int shift = (octets - 1) * 8; shift >= 0; shift -= 8) {
        der.write(content.length >> shift);
      }
    }
    der.writeBytes(content);
    return der.toByteArray();
  }

  /// @param lenient whether a block without its end is skipped, not taken for half a file
  private static List<Block> blocks(Path file, boolean lenient) throws IOException {
    String text = text(file);
    if (text.contains("Proc-Type: 4,ENCRYPTED")) {
      throw hasPassword(file);
    }
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      try {
        blocks.add(new Block(matcher.group(1), Base64.getMimeDecoder().decode(matcher.group(2))));
      } catch (IllegalArgumentException e) {
        throw new IOException(file + ": a block in it is not base64");
      }
    }
    if (!lenient && blocks.size() < BEGIN.matcher(text).results().count()) {
      throw new IOException(file + ": a block in it is cut short");
    }
    return blocks;
  }

  /// Refuses what is no file or too large a file, before it is opened: a pipe might never come to
  /// an end, and a certificate is read again while the router runs. One that is not there passes.
  ///
  /// @throws IOException naming it
  public static void check(Path file) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    if (!Files.isRegularFile(file)) {
      String what = Files.isDirectory(file) ? "a directory" : "a pipe or a device";
      throw new IOException(
          file + ": it is " + what + "; certificates and keys have to be in files");
    }
    if (Files.size(file) > LARGEST_FILE) {
      throw new IOException(file + ": larger than 4 MiB, which no PEM file is");
    }
  }

  private static String text(Path file) throws IOException {
    check(file);
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw new IOException(file + ": there is no such file", e);
    } catch (AccessDeniedException e) {
      throw new IOException(file + ": it may not be read", e);
    } catch (IOException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }
}
