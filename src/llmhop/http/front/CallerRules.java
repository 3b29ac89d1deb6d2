package llmhop.http.front;

import java.net.InetAddress;

/// Says which callers and which requests the rules of a full server treat in another way. The
/// answers may change between two calls, since a reload may change the config.
public interface CallerRules {
  /// Every address stands for one caller, and no request is served beyond the limit.
  CallerRules NONE =
      new CallerRules() {
        @Override
        public boolean standsForMany(InetAddress peer) {
          return false;
        }

        @Override
        public boolean isAlwaysServed(String method, String target) {
          return false;
        }
      };

  /// Returns whether this address is a proxy that stands for many callers. Rules per address do not
  /// apply to its connections as one.
  boolean standsForMany(InetAddress peer);

  /// Returns whether a request without a body is served while all connections are in use.
  ///
  /// @param target the target as it came
  boolean isAlwaysServed(String method, String target);
}
