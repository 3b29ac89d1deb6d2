package llmhop.wire;

import llmhop.kit.RawCaller;

/// A way into the router for callers.
enum Entrance {
  TCP;

  /// A connection to a router.
  RawCaller to(RouterUnderTest router) {
    return switch (this) {
      case TCP -> router.caller();
    };
  }
}
