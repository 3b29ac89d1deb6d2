/// Who answers: a model's backends, which of them gets a request, and how they are.
///
/// A [llmhop.backend.Fleet] chooses one by a `Balancer` among those that are well, and gives it the
/// request's [llmhop.backend.Lease]. What becomes of the lease tells the `Health` of the backend;
/// `Patrol`s ask for what requests don't tell: probes, loads, lists of models, names.
package llmhop.backend;
