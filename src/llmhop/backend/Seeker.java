package llmhop.backend;

import llmhop.config.Priority;

/// A request that wants a place at a model.
public interface Seeker {
  /// How urgent it is.
  Priority priority();

  /// Whose it is: in a queue each of them has its turn.
  String owner();

  /// What it wants: where one of those who want the same finds no backend, none of them does.
  Object wants();

  /// Takes one of the model's backends for it, where these have limits of their own; called by any
  /// thread, never by two at a time, and not again once it was true.
  ///
  /// @param backendsLimited whether the config that is in use limits backends; the request may have
  ///   begun under another one
  /// @return whether it may have a place: it has a backend now, or needs none before it has one
  boolean reserve(boolean backendsLimited);

  /// It has to wait: who is to be woken when its caller hangs up.
  void waits(Runnable wake);

  /// Whether its caller has hung up.
  boolean gone();
}
