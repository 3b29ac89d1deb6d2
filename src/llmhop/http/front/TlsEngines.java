package llmhop.http.front;

import java.net.SocketAddress;
import javax.net.ssl.SSLEngine;

/// Makes the TLS engine of each connection.
public interface TlsEngines {
  /// An engine in server mode, which has not begun to shake hands.
  ///
  /// @param caller who has connected
  SSLEngine engine(SocketAddress caller);
}
