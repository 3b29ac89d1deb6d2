package llmhop.http.front;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.Executor;

/// The JDK's [HttpServer], on this engine.
final class FrontHttpServer extends HttpServer {
  private final FrontBase base;
  private final Contexts contexts = new Contexts(this);

  FrontHttpServer(FrontBase base) {
    this.base = base;
  }

  @Override
  public void bind(InetSocketAddress address, int backlog) throws IOException {
    base.bind(address, backlog);
  }

  @Override
  public void start() {
    base.start(contexts, Optional.empty());
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
