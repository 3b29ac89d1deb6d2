package llmhop.kit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/// A request as a well-behaved caller writes it; what isn't well-behaved is sent as plain bytes.
///
/// @param method a token
/// @param target the request target, written as it is
/// @param fields all fields but the one that frames the body
/// @param body empty for none; a body that isn't gets `Content-Length` or is sent in chunks
/// @param chunkBytes the size of the chunks for a chunked upload
public record Request(
    String method, String target, List<Field> fields, byte[] body, OptionalInt chunkBytes) {

  /// Keeps the fields as they are.
  public Request {
    fields = List.copyOf(fields);
  }

  /// A POST of JSON with its length.
  ///
  /// @param target such as `/v1/chat/completions`
  /// @param json the body, sent as UTF-8
  /// @return the request
  public static Request post(String target, String json) {
    return post(target, json.getBytes(StandardCharsets.UTF_8), "application/json");
  }

  /// A POST of anything with its length.
  ///
  /// @param target such as `/v1/audio/transcriptions`
  /// @param body the bytes
  /// @param contentType what the field of that name says
  /// @return the request
  public static Request post(String target, byte[] body, String contentType) {
    return of("POST", target, body).with("Content-Type: " + contentType);
  }

  /// A GET.
  ///
  /// @param target such as `/v1/models`
  /// @return the request
  public static Request get(String target) {
    return of("GET", target, new byte[0]);
  }

  /// Any method, with `Host: localhost` and no other field.
  ///
  /// @param method a token
  /// @param target written as it is
  /// @param body empty for none
  /// @return the request
  public static Request of(String method, String target, byte[] body) {
    return new Request(
        method, target, List.of(new Field("Host", "localhost")), body, OptionalInt.empty());
  }

  /// The same with fields added at the end.
  ///
  /// @param lines each `"Name: value"`
  /// @return another request
  public Request with(String... lines) {
    List<Field> more = new ArrayList<>(fields);
    Arrays.stream(lines).map(Field::of).forEach(more::add);
    return new Request(method, target, more, body, chunkBytes);
  }

  /// The same with `Authorization: Bearer`.
  ///
  /// @param token the caller's
  /// @return another request
  public Request withToken(String token) {
    return with("Authorization: Bearer " + token);
  }

  /// The same without a field.
  ///
  /// @param name in any case
  /// @return another request
  public Request without(String name) {
    List<Field> rest = fields.stream().filter(f -> !f.name().equalsIgnoreCase(name)).toList();
    return new Request(method, target, rest, body, chunkBytes);
  }

  /// The same as a chunked upload.
  ///
  /// @param bytes how large each chunk is; the last one holds what is left
  /// @return another request
  public Request chunked(int bytes) {
    return new Request(method, target, fields, body, OptionalInt.of(bytes));
  }

  /// The head with its empty line.
  ///
  /// @return bytes, one for each character
  public byte[] head() {
    StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    fields.forEach(field -> head.append(field).append("\r\n"));
    if (chunkBytes.isPresent()) {
      head.append("Transfer-Encoding: chunked\r\n");
    } else if (body.length > 0 || method.equals("POST")) {
      head.append("Content-Length: ").append(body.length).append("\r\n");
    }
    return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /// What follows the head: the body, in chunks if it was asked for.
  ///
  /// @return the bytes as they are sent
  public byte[] framedBody() {
    if (chunkBytes.isEmpty()) {
      return body;
    }
    ByteArrayOutputStream framed = new ByteArrayOutputStream();
    for (int at = 0; at < body.length; at += chunkBytes.getAsInt()) {
      int size = Math.min(chunkBytes.getAsInt(), body.length - at);
      framed.writeBytes((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      framed.write(body, at, size);
      framed.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
    }
    framed.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    return framed.toByteArray();
  }

  /// The whole message.
  ///
  /// @return head and body as they are sent
  public byte[] bytes() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(head());
    all.writeBytes(framedBody());
    return all.toByteArray();
  }

  /// The request line, for failure texts.
  @Override
  public String toString() {
    return method + " " + target;
  }
}
