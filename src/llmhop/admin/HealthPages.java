package llmhop.admin;

import java.io.IOException;
import java.util.function.BooleanSupplier;
import llmhop.caller.Caller;
import llmhop.json.JsonWriter;
import llmhop.route.Exchange;
import llmhop.route.Lifecycle;
import llmhop.route.Local;
import llmhop.route.Routes;

/// `GET /health` and `GET /ready`, open to all: load balancers and probes hold no token.
final class HealthPages {
  private final Lifecycle lifecycle;
  private final BooleanSupplier stale;

  /// @param stale whether the config file can't be used as it is now
  HealthPages(Lifecycle lifecycle, BooleanSupplier stale) {
    this.lifecycle = lifecycle;
    this.stale = stale;
  }

  /// Alive, and with how many models: tells a check that the right config was read. Whether it is
  /// stale is said to all, why is not: that names files and keys.
  Local.Page health() {
    return new Open() {
      @Override
      public void answer(Exchange exchange, Caller caller, Routes routes) throws IOException {
        var json = new JsonWriter().object().name("status").value("ok");
        json.name("models").value(routes.all().size());
        if (stale.getAsBoolean()) json.name("config").value("stale");
        Answers.json(exchange, 200, json.endObject());
      }
    };
  }

  /// Whether new requests should be sent here.
  Local.Page ready() {
    return new Open() {
      @Override
      public void answer(Exchange exchange, Caller caller, Routes routes) throws IOException {
        boolean ready = lifecycle.stage() == Lifecycle.Stage.SERVING;
        var json = new JsonWriter().object();
        json.name("status").value(ready ? "ready" : "draining").endObject();
        Answers.json(exchange, ready ? 200 : 503, json);
      }
    };
  }

  private abstract static class Open implements Local.Page {
    @Override
    public boolean isOpen() {
      return true;
    }
  }
}
