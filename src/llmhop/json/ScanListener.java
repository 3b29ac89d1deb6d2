package llmhop.json;

/// Hears what a `MemberScan` reads, while it reads it: for one who needs more of the text than the
/// one member, but not the text.
///
/// It hears each name of the outermost object, and all else only while it [#wants] to. The scan
/// asks when it is made and after each call, but for those of a name, which is always heard whole.
/// Who doesn't want any more hears nothing until the next name of the outermost object; the scan is
/// fast there.
///
/// ```
/// {"a":[1,{"b":"c"}]}  open 0, name 1, text, end, open 1, open 2, name 3, text, end,
///                      string 3, text, end, close 2, close 1, close 0
/// ```
///
/// Numbers, `true`, `false` and `null` aren't told of: after a name, another name or the end of the
/// object says that its value was none of those that are. What is heard may belong to a text that
/// is refused further on.
public interface ScanListener {

  /// Wants nothing.
  ScanListener NONE = () -> false;

  /// Whether it wants to hear what comes next.
  ///
  /// @return false to hear nothing until the next name of the outermost object
  boolean wants();

  /// An object or array opens.
  ///
  /// @param depth how many are open around it
  /// @param object false for an array
  default void open(int depth, boolean object) {}

  /// An object or array closes.
  ///
  /// @param depth how many stay open around it
  default void close(int depth) {}

  /// A name begins.
  ///
  /// @param depth how many objects and arrays are open: 1 in the outermost object
  default void name(int depth) {}

  /// A string begins that is a value.
  ///
  /// @param depth how many objects and arrays are open
  default void string(int depth) {}

  /// More of the name or string, as it was sent: checked, escapes not decoded, cut anywhere. A
  /// [StringDecoder] decodes it.
  ///
  /// @param bytes holds it, for the time of this call
  /// @param from where it begins
  /// @param to where it ends; always after `from`
  default void text(byte[] bytes, int from, int to) {}

  /// The name or string is over.
  default void end() {}
}
