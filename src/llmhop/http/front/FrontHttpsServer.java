package llmhop.http.front;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;

/// The JDK's [HttpsServer], on this engine. Of its configurator the context is used.
final class FrontHttpsServer extends HttpsServer {
  private final FrontBase base;
  private volatile HttpsConfigurator configurator;
  private final Contexts contexts = new Contexts(this);

  FrontHttpsServer(FrontBase base) {
    this.base = base;
  }

  private static SSLEngine engine(HttpsConfigurator tls) {
    SSLEngine engine = tls.getSSLContext().createSSLEngine();
    engine.setUseClientMode(false);
    return engine;
  }

  @Override
  public void setHttpsConfigurator(HttpsConfigurator next) {
    configurator = next;
  }

  @Override
  public HttpsConfigurator getHttpsConfigurator() {
    return configurator;
  }

  @Override
  public void bind(InetSocketAddress address, int backlog) throws IOException {
    base.bind(address, backlog);
  }

  @Override
  public void start() {
    HttpsConfigurator tls = configurator;
    if (tls == null) {
      throw new IllegalStateException("there is no HttpsConfigurator");
    }
    base.start(contexts, Optional.of(() -> engine(tls)));
  }

  @Override
  public void setExecutor(Executor executor) {
    base.executor(executor);
  }

  @Override
  public Executor getExecutor() {
    return base.executor();
  }

  @Override
  public void stop(int seconds) {
    base.stop(seconds);
  }

  @Override
  public HttpContext createContext(String path, HttpHandler handler) {
    return contexts.add(path, Optional.of(handler));
  }

  @Override
  public HttpContext createContext(String path) {
    return contexts.add(path, Optional.empty());
  }

  @Override
  public void removeContext(String path) {
    contexts.remove(path);
  }

  @Override
  public void removeContext(HttpContext context) {
    contexts.remove(context.getPath());
  }

  @Override
  public InetSocketAddress getAddress() {
    return base.address();
  }
}
