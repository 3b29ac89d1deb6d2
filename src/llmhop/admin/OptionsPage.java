package llmhop.admin;

import java.io.IOException;
import llmhop.caller.Caller;
import llmhop.http.wire.Fields;
import llmhop.route.Exchange;
import llmhop.route.Local;
import llmhop.route.Routes;

/// The answer to `OPTIONS` of a page of the router, or of the router as a whole (`OPTIONS *`): the
/// methods in `Allow`, and no body (RFC 9110 section 9.3.7).
final class OptionsPage implements Local.Page {
  /// The methods of requests that the router forwards. They tell nothing of a caller's models, so
  /// the page is open.
  static final OptionsPage OF_SERVER =
      new OptionsPage("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", true);

  private final String methods;
  private final boolean open;

  /// @param methods the value of `Allow`
  /// @param open whether the answer needs no token
  OptionsPage(String methods, boolean open) {
    this.methods = methods;
    this.open = open;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void answer(Exchange exchange, Caller caller, Routes routes) throws IOException {
    var fields = new Fields();
    fields.add("Allow", methods);
    exchange.answer(200, fields, new byte[0]);
  }
}
