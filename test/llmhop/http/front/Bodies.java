package llmhop.http.front;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// What handlers of tests do with a request's body.
final class Bodies {
  private Bodies() {}

  /// Reads all of it, one character for each byte.
  static String read(RawExchange x) throws IOException {
    var body = new ByteArrayOutputStream();
    byte[] part = new byte[1000];
    for (int read = x.read(part, 0, part.length); read >= 0; read = x.read(part, 0, part.length)) {
      body.write(part, 0, read);
    }
    return body.toString(StandardCharsets.ISO_8859_1);
  }

  /// Answers with the target and the body, or with 400 and what is wrong with the body.
  static void echoOrRefuse(RawExchange x) throws IOException {
    String body;
    try {
      body = read(x);
    } catch (IOException e) {
      FrontUnderTest.answer(x, 400, e.getMessage());
      return;
    }
    FrontUnderTest.answer(x, 200, x.target() + " " + body);
  }
}
