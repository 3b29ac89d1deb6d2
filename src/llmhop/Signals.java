package llmhop;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/// Operating system signals. The JDK has them in `sun.misc.Signal` only, which is no part of its
/// API, so it is reached by reflection; where it is missing, signals do what the JVM does.
final class Signals {
  private Signals() {}

  /// Calls `action` with the signal's number, on a thread of the JVM's, each time it comes.
  ///
  /// @param name without SIG: `TERM`, `INT`
  /// @return whether the signal can be caught here
  @SuppressWarnings("ReferenceEquality")
  static boolean on(String name, IntConsumer action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      InvocationHandler call =
          (proxy, method, arguments) -> {
            switch (method.getName()) {
              case "handle" ->
                  action.accept((int) signal.getMethod("getNumber").invoke(arguments[0]));
              case "hashCode" -> {
                return System.identityHashCode(proxy);
              }
              case "equals" -> {
                return proxy == arguments[0];
              }
              default -> {
                return name;
              }
            }
            return null;
          };
      Object caught =
          Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, call);
      Object of = signal.getConstructor(String.class).newInstance(name);
      signal.getMethod("handle", signal, handler).invoke(null, of, caught);
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
