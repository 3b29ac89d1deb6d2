package llmhop.http.front;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import com.sun.net.httpserver.spi.HttpServerProvider;
import java.io.IOException;
import java.net.InetSocketAddress;

/// Makes [HttpServer#create] return this engine: named in META-INF/services, so that it is used
/// unless the property `com.sun.net.httpserver.HttpServerProvider` says otherwise.
public final class FrontProvider extends HttpServerProvider {
  /// For the service loader.
  public FrontProvider() {}

  @Override
  public HttpServer createHttpServer(InetSocketAddress address, int backlog) throws IOException {
    return new FrontHttpServer(FrontBase.open(address, backlog));
  }

  @Override
  public HttpsServer createHttpsServer(InetSocketAddress address, int backlog) throws IOException {
    return new FrontHttpsServer(FrontBase.open(address, backlog));
  }
}
