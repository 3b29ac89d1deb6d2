package llmhop.route;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import llmhop.caller.Caller;
import llmhop.caller.Identity;
import llmhop.http.wire.Fields;
import llmhop.observe.Observer;
import llmhop.observe.Phase;
import llmhop.observe.StackTraces;
import llmhop.route.Route.Found;

/// The way of a request. Shared by all of them; each runs on a virtual thread of its own.
public final class Router implements HttpHandler {
  private static final byte[] NOTHING = {};

  private final AtomicReference<Routes> snapshot;
  private final Local local;
  private final Lifecycle lifecycle;
  private final Intake intake;
  private final Admission admission;
  private final Forwarder forwarder;
  private final TunnelGuard guard;
  private final RequestIds ids;
  private final Chain chain;
  private final Observer observer;
  private final InstantSource clock;
  private final PassingTime nanos;
  private final PrintStream faults;

  /// Wires a router.
  ///
  /// @param snapshot what the config says now; read once per request
  /// @param local what is answered without a backend
  /// @param lifecycle whether new requests are taken
  /// @param setup the limits and sources that the phases need
  public Router(
      AtomicReference<Routes> snapshot, Local local, Lifecycle lifecycle, RouterSetup setup) {
    this.snapshot = snapshot;
    this.local = local;
    this.lifecycle = lifecycle;
    this.intake = new Intake(setup.budget(), setup.segments());
    this.admission = setup.admission();
    this.ids = new RequestIds(setup.random());
    this.chain = new Chain(setup.instance());
    var news = new DepletionNews(setup.nanos(), setup.faults()::println);
    this.forwarder = new Forwarder(new ForwardedFields(chain.entry()), ids, news);
    this.guard = new TunnelGuard(() -> snapshot.get().gate(), setup.clock());
    this.observer = setup.observer();
    this.clock = setup.clock();
    this.nanos = setup.nanos();
    this.faults = setup.faults();
  }

  /// One request, from its head to its record.
  private void serve(Exchange x, Journal journal, Routes routes) throws IOException {
    Target target = accept(x, journal);
    Optional<Fields> preflight = x.askedByBrowser(routes.browsers());
    if (preflight.isPresent()) {
      x.answer(204, preflight.get(), NOTHING);
      return;
    }
    Optional<Local.Page> page =
        target.routed().isEmpty() ? local.find(x, target) : local.findOfModel(x, target, routes);

    journal.at(Phase.AUTHENTICATE);
    Caller caller = authenticate(x, journal, routes, page);
    if (page.isPresent()) {
      page.get().answer(x, caller, routes);
      return;
    }

    lifecycle.refuseWhenDraining();
    // Refused here whatever the model's limits are, and before the body takes anything.
    RequestPriority.of(x, caller);
    journal.at(Phase.ADMIT);
    Admission.foresee(x, caller);

    journal.at(Phase.READ);
    try (Intake.Request request = intake.read(x, target, caller, routes)) {
      journal.at(Phase.FIND);
      Found found = request.find();
      journal.model(found.route().name());

      journal.at(Phase.ADMIT);
      try (Pulse _ = x.pulse(Heartbeat.of(x, request, found, nanos));
          Choice choice = choice(x, request, caller, found, routes);
          var permit = admission.admit(x, request, caller, found, routes, choice)) {
        journal.at(Phase.CHOOSE);
        Choice.Pick best = choice.first();

        journal.at(Phase.FORWARD);
        try (BackendAnswer answer = forwarder.forward(x, request, best, choice, routes)) {
          journal.at(Phase.RELAY);
          Relay.relay(x, request, found, answer, permit, guard);
        }
      }
    }
  }

  @Override
  public void handle(HttpExchange http) throws IOException {
    var journal = new Journal(nanos);
    Exchange x = Exchange.accept(http, journal);
    lifecycle.enter();
    Routes routes = begin();
    try {
      serve(x, journal, routes);
    } catch (Refusal refusal) {
      Refusal told = lifecycle.told(refusal);
      journal.refused(told);
      refuse(x, told);
    } catch (Exchange.Abort e) {
      throw e;
    } catch (IOException e) {
      journal.callerLeft();
      throw e;
    } catch (RuntimeException | Error e) {
      refuse(x, fault(journal, e));
    } finally {
      try {
        observer.record(journal.outcome(clock.instant(), x.method()));
      } finally {
        // Also where no memory is left for the record.
        routes.ended();
        lifecycle.exit();
      }
    }
  }

  /// What the config says now, counted before anybody can take it for unused: whoever puts another
  /// one in its place looks at the count afterwards.
  private Routes begin() {
    while (true) {
      Routes routes = snapshot.get();
      routes.began();
      if (snapshot.get() == routes) {
        return routes;
      }
      routes.ended();
    }
  }

  private Target accept(Exchange x, Journal journal) {
    Fields fields = x.fields();
    journal.id(ids.of(fields.first("X-Request-Id"), Chain.isBehindRouter(fields)));
    Target target = Target.of(x.method(), x.rawTarget());
    journal.path(target.path());
    x.check();
    chain.check(fields);
    if (lifecycle.stage() != Lifecycle.Stage.SERVING) {
      x.closeAfterwards();
    }
    return target;
  }

  private Caller authenticate(
      Exchange x, Journal journal, Routes routes, Optional<Local.Page> page) {
    if (page.filter(Local.Page::isOpen).isPresent()) {
      return Caller.ANYONE;
    }
    Caller caller =
        switch (routes.gate().identify(x.fields())) {
          case Identity.Known known -> known.caller();
          case Identity.Unknown unknown -> throw Refusal.invalidApiKey(unknown.why());
        };
    journal.caller(caller);
    return caller;
  }

  /// Other models stand in for the one that was asked for only where the caller could have asked
  /// for them in the same words.
  private Choice choice(
      Exchange x, Intake.Request request, Caller caller, Found found, Routes routes) {
    Choice.StandIns standIns =
        () -> {
          if (!request.mayBeForAnother()) {
            return List.of();
          }
          List<Found> others = new ArrayList<>(routes.standIns(found));
          others.removeIf(
              other -> Admission.objection(x, request, caller, other, routes).isPresent());
          return others;
        };
    return new Choice(x, found, new RequestClues(x, request), standIns, nanos);
  }

  /// Answers with our own error, or cuts the connection where an answer has begun.
  private void refuse(Exchange x, Refusal refusal) throws IOException {
    if (x.begun() && !x.onlyBeats()) {
      throw x.abort("the answer can't be completed: " + refusal.code());
    }
    try {
      ErrorAnswer.send(x, refusal);
    } catch (Exchange.Abort e) {
      throw e;
    } catch (IOException e) {
      x.journal().callerLeft();
      throw e;
    }
  }

  /// A fault of ours: it is logged with its cause, the caller is told where to look.
  private Refusal fault(Journal journal, Throwable cause) {
    Refusal refusal = Refusal.internalError(journal.id());
    journal.refused(refusal);
    faults.println(
        StackTraces.text("llmhop: internal error, request " + journal.id() + ":", cause));
    return refusal;
  }
}
