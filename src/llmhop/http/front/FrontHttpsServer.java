package llmhop.http.front;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Optional;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/// The JDK's [HttpsServer], on this engine. Its exchanges are no `HttpsExchange`, since plain ones
/// are of the same class: ask [RawExchange#secure].
final class FrontHttpsServer extends HttpsServer {
  private final FrontBase base;
  private volatile HttpsConfigurator configurator;
  private final Contexts contexts = new Contexts(this);

  FrontHttpsServer(FrontBase base) {
    this.base = base;
  }

  /// As the configurator wants it for this caller; what it leaves open is as [TlsPolicy] says.
  private static SSLEngine engine(HttpsConfigurator tls, SocketAddress caller) {
    SSLEngine engine = tls.getSSLContext().createSSLEngine();
    TlsPolicy.apply(engine);
    var parameters = new Parameters(tls, (InetSocketAddress) caller);
    tls.configure(parameters);
    parameters.applyTo(engine);
    return engine;
  }

  /// What a configurator says of a connection: whole parameters win over single ones.
  private static final class Parameters extends HttpsParameters {
    private final HttpsConfigurator configurator;
    private final InetSocketAddress caller;
    private Optional<SSLParameters> whole = Optional.empty();

    Parameters(HttpsConfigurator configurator, InetSocketAddress caller) {
      this.configurator = configurator;
      this.caller = caller;
    }

    @Override
    public HttpsConfigurator getHttpsConfigurator() {
      return configurator;
    }

    @Override
    public InetSocketAddress getClientAddress() {
      return caller;
    }

    @Override
    public void setSSLParameters(SSLParameters parameters) {
      whole = Optional.of(parameters);
    }

    @SuppressWarnings("deprecation") // but still in use, and asking for certificates must hold
    void applyTo(SSLEngine engine) {
      if (whole.isPresent()) {
        engine.setSSLParameters(whole.get());
        if (whole.get().getNamedGroups() == null) {
          // The JDK takes a silent one for all groups.
          TlsPolicy.limitGroups(engine);
        }
        return;
      }
      Optional.ofNullable(getCipherSuites()).ifPresent(engine::setEnabledCipherSuites);
      Optional.ofNullable(getProtocols()).ifPresent(engine::setEnabledProtocols);
      if (getNeedClientAuth()) {
        engine.setNeedClientAuth(true);
      } else {
        engine.setWantClientAuth(getWantClientAuth());
      }
    }
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
    base.start(contexts, Optional.of(caller -> engine(tls, caller)));
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
