/// LLMhop: one port, many models. This is the map of the program.
///
/// A **caller** asks, we **route**, a **backend** answers. A request goes one straight way, and its
/// nine words are the methods of [llmhop.route.Router], the `phase` of log lines and the groups of
/// tests:
///
/// | word | what happens | may end with |
/// |---|---|---|
/// | accept | connection, head, limits, deadlines | 400 403 408 414 417 421 431 503 505 508 |
/// | authenticate | who asks, before a byte of the body is read | 401 |
/// | read | the body, within its limit and the process's budget | 400 408 413 415 503 |
/// | find | the model's name, then the model | 400 404 |
/// | admit | may this caller, now; it may have to wait for its turn | 400 403 426 429 503 |
/// | choose | the best backend of the model, or of one that stands in for it | 429 503 |
/// | forward | send to it; try the next best only where that is safe | 502 504 |
/// | relay | copy the answer as it comes | abort |
/// | record | always, refused requests too | |
///
/// Where things live; a folder may import those right of it in its line, never left, never beside:
///
/// ```
///   Main, Assembly, tool > admin > route > caller, backend, observe > config
///       > http, json > schedule
/// ```
///
/// | folder | about |
/// |---|---|
/// | `route` | the way of a request |
/// | `caller` | who asks, and how much it may |
/// | `backend` | who answers |
/// | `observe` | what happened |
/// | `admin` | what is asked of the router itself |
/// | `config` | what the operator wrote |
/// | `tool` | the jar's other commands |
/// | `http` | HTTP/1.1: `front` serves, `upstream` asks, `wire` is both's; knows no product |
/// | `json` | JSON text and values; knows nothing of this product |
/// | `schedule` | threads for work that must not hold up requests |
///
/// A test reads the class files and checks this. New code goes where two questions send it: which
/// party is it about, and is it a part of every request or told about it afterwards?
///
/// A new config is a new [llmhop.Generation], swapped in whole by [llmhop.Reload]: each request
/// keeps the one that it began with, and what is known of backends goes over from one to the next.
///
/// What runs is what javac makes, but for lambdas and switches over types: `tools/Lambdas.java`
/// makes classes and methods of them while building, which the JVM would do at each start.
package llmhop;
