package llmhop.admin;

import llmhop.backend.Backend;
import llmhop.backend.Places;
import llmhop.caller.Caller;
import llmhop.json.JsonWriter;
import llmhop.route.Local;
import llmhop.route.Route;
import llmhop.route.Routes;

/// `GET /llmhop/status`: plain gauges as JSON, and how each backend is, for people and tests that
/// look for a leak or ask who is down. A token sees the models that it may use; addresses aren't
/// shown.
final class StatusPage {
  private final Gauges gauges;

  StatusPage(Gauges gauges) {
    this.gauges = gauges;
  }

  Local.Page page() {
    return Answers.overview((exchange, caller, routes) -> tell(caller, routes));
  }

  private JsonWriter tell(Caller caller, Routes routes) {
    var json = new JsonWriter().object();
    gauges.read().forEach((name, value) -> json.name(name).value(value));
    json.name("models").object();
    for (Route route : routes.all()) {
      if (!isSeen(route, caller)) continue;
      json.name(route.name()).array();
      for (Backend backend : route.fleet().backends()) tell(json, backend);
      for (Backend backend : route.fleet().leavers()) tell(json, backend);
      json.endArray();
    }
    json.endObject().name("places").object();
    for (Route route : routes.all()) {
      if (isSeen(route, caller) && route.places().areLimited()) tell(json, route);
    }
    return json.endObject().endObject();
  }

  private static boolean isSeen(Route route, Caller caller) {
    return !route.model().unlisted() && caller.mayUse(route.name());
  }

  /// How many places of a model with limits are taken, and how many wait for one.
  private static void tell(JsonWriter json, Route route) {
    Places places = route.places();
    json.name(route.name()).object().name("taken").value(places.taken());
    json.name("waiting").value(places.waiting()).endObject();
  }

  private static void tell(JsonWriter json, Backend backend) {
    json.object().name("backend").value(backend.label()).name("state").value(backend.state());
    json.name("inHand").value(backend.inFlight()).endObject();
  }
}
