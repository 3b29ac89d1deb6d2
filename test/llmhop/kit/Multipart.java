package llmhop.kit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Writes a multipart/form-data body, part by part, as browsers and SDKs do (RFC 7578).
public final class Multipart {
  private final String boundary;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /// An empty form.
  ///
  /// @param boundary what separates the parts, without the dashes; must not occur in them
  public Multipart(String boundary) {
    this.boundary = boundary;
  }

  /// Adds a part of text.
  ///
  /// @param name of the part
  /// @param value its content, sent as UTF-8
  /// @return this form
  public Multipart text(String name, String value) {
    return part(
        "Content-Disposition: form-data; name=\"" + name + "\"\r\n",
        value.getBytes(StandardCharsets.UTF_8));
  }

  /// Adds a file.
  ///
  /// @param name of the part
  /// @param filename what the caller's file is called
  /// @param content any bytes
  /// @return this form
  public Multipart file(String name, String filename, byte[] content) {
    return part(
        "Content-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n".formatted(name, filename)
            + "Content-Type: application/octet-stream\r\n",
        content);
  }

  /// Adds a part with a head of its own.
  ///
  /// @param head complete lines, each with its line end
  /// @param content any bytes
  /// @return this form
  public Multipart part(String head, byte[] content) {
    write("--" + boundary + "\r\n" + head + "\r\n");
    bytes.writeBytes(content);
    write("\r\n");
    return this;
  }

  /// The form as a POST with its length.
  ///
  /// @param target such as `/v1/audio/transcriptions`
  /// @return the request
  public Request post(String target) {
    return Request.post(target, bytes(), "multipart/form-data; boundary=" + boundary);
  }

  /// The form with its end.
  ///
  /// @return the body
  public byte[] bytes() {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(bytes.toByteArray());
    whole.writeBytes(("--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
    return whole.toByteArray();
  }

  private void write(String text) {
    bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }
}
