package llmhop.admin;

import java.io.IOException;
import llmhop.caller.Caller;
import llmhop.json.JsonWriter;
import llmhop.route.Exchange;
import llmhop.route.Local;
import llmhop.route.Routes;

/// `GET /llmhop/status`: plain gauges as JSON, for tests and people that look for a leak.
final class StatusPage implements Local.Page {
  private final Gauges gauges;

  StatusPage(Gauges gauges) {
    this.gauges = gauges;
  }

  @Override
  public void answer(Exchange exchange, Caller caller, Routes routes) throws IOException {
    var json = new JsonWriter().object();
    gauges.read().forEach((name, value) -> json.name(name).value(value));
    Answers.json(exchange, 200, json.endObject());
  }
}
