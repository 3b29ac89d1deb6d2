package llmhop.route;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import llmhop.backend.Hash64;
import llmhop.json.StringDecoder;

/// Takes the canonical text of a prompt, and hashes of single members, out of one body.
///
/// A section that is a string is its text. One that is an array is that of its items: of a string
/// the string, of an object its `content`, a NUL, its `role` and a NUL, in this order whatever the
/// object's. Without a role, as in Anthropic's `system`, it is the content alone. The content is a
/// string, or all strings named `text` at any depth; without a `content`, it is the object's own
/// `text`. Nothing else counts: no images, no numbers, no calls of tools.
///
/// In `messages` and `input` only what comes before the model's first turn counts: before the first
/// object whose role is `assistant` or `model`, or that has none (a call, its result and reasoning
/// in the Responses API). What a conversation grows by comes after that, so its key stays the same
/// from the first turn to the last.
///
/// A section or member that comes again replaces the first one. A section keeps no more bytes than
/// are wanted; when it has them, or nothing more counts, the rest of it isn't heard.
///
/// ```
/// MEMBER --end--> not heard, after a string
///       +--beginItems--> ITEM --beginItem--> PART --beginPart--> PART
///                         ^                   |
///                         +------endItem------+--leaveOut, stopWhenFull--> not heard
/// ```
final class PromptListener implements AffinityListener {
  /// Depths of the scan: in the outermost object, in a section's array, in an item of it.
  private static final int MEMBER = 1;

  private static final int ITEM = 2;
  private static final int PART = 3;

  /// Real ones have ten bytes.
  private static final int LONGEST_ROLE = 64;

  private static final byte[] NUL = {0};
  private static final byte[] ROLE = "role".getBytes(US_ASCII);
  private static final byte[] CONTENT = "content".getBytes(US_ASCII);
  private static final byte[] TEXT = "text".getBytes(US_ASCII);
  private static final byte[] ASSISTANT = "assistant".getBytes(US_ASCII);
  private static final byte[] MODEL = "model".getBytes(US_ASCII);

  /// In the order of the canonical text.
  private enum Section {
    SYSTEM("system"),
    INSTRUCTIONS("instructions"),
    MESSAGES("messages"),
    INPUT("input"),
    PROMPT("prompt");

    private static final Section[] ALL = values();

    private final byte[] name;

    Section(String name) {
      this.name = name.getBytes(US_ASCII);
    }
  }

  /// A member to hash.
  private static final class Field {
    private final String name;
    private final byte[] utf8;
    private boolean found;
    private long state;

    Field(String name) {
      this.name = name;
      this.utf8 = name.getBytes(UTF_8);
    }

    void begin() {
      found = false;
      state = Hash64.START;
    }

    void add(byte[] more, int from, int to) {
      found = true;
      state = Hash64.add(state, more, from, to);
    }
  }

  /// What a string is.
  private enum Use {
    NOTHING,
    NAME,
    MEMBER,
    ROLE,
    CONTENT,
    TEXT
  }

  private final int prefixBytes;

  /// Of each section.
  private final List<Clip> texts;

  private final Field[] fields;
  private final StringDecoder decoder = new StringDecoder(this::decoded);
  private final Clip name;
  private final Clip role = new Clip(LONGEST_ROLE);

  private boolean wants;

  /// The string that is heard, and where.
  private Use heard = Use.NOTHING;

  private int depth;

  /// What the next string is, when it comes at once.
  private Use next = Use.NOTHING;

  /// Where the text goes of the member of the outermost object that is heard.
  private Clip text = Clip.NONE;

  private boolean inTurns;

  /// Whether that member is hashed, and where.
  private boolean hashing;

  private Field field = new Field("");

  /// The item that is heard, and how long the text was before it.
  private boolean inItem;

  private int mark;
  private boolean inContent;
  private boolean hasContent;
  private boolean hasRole;

  PromptListener(Affinity.Wanted wanted) {
    prefixBytes = wanted.prefixBytes();
    texts = Stream.generate(() -> new Clip(prefixBytes)).limit(Section.ALL.length).toList();
    fields = wanted.fields().stream().map(Field::new).toArray(Field[]::new);
    int longest = Section.INSTRUCTIONS.name.length;
    for (Field each : fields) {
      longest = Math.max(longest, each.utf8.length);
    }
    // So a longer name, which is cut, can't be taken for one of these.
    name = new Clip(longest + 1);
  }

  @Override
  public Affinity affinity() {
    Clip all = new Clip(prefixBytes);
    texts.forEach(all::add);
    Map<String, Long> hashes = new HashMap<>();
    for (Field each : fields) {
      if (each.found) {
        hashes.put(each.name, Hash64.end(each.state));
      }
    }
    return new Affinity(all.copy(), hashes);
  }

  @Override
  public boolean wants() {
    return wants;
  }

  @Override
  public void name(int depth) {
    this.depth = depth;
    name.cut(0);
    begin(Use.NAME);
  }

  @Override
  public void string(int depth) {
    Use use = depth == MEMBER ? Use.MEMBER : depth == ITEM ? Use.TEXT : next;
    next = Use.NOTHING;
    begin(use);
  }

  private void begin(Use use) {
    heard = use;
    decoder.begin();
  }

  @Override
  public void text(byte[] bytes, int from, int to) {
    boolean full =
        switch (heard) {
          case NOTHING -> true;
          case NAME -> name.full();
          case ROLE -> role.full();
          case MEMBER -> text.full() && !hashing;
          case CONTENT, TEXT -> text.full();
        };
    if (!full) {
      decoder.text(bytes, from, to);
      stopWhenFull();
    }
  }

  private void decoded(byte[] utf8, int from, int to) {
    switch (heard) {
      case NOTHING -> {}
      case NAME -> name.add(utf8, from, to);
      case ROLE -> role.add(utf8, from, to);
      case CONTENT, TEXT -> text.add(utf8, from, to);
      case MEMBER -> {
        text.add(utf8, from, to);
        if (hashing) {
          field.add(utf8, from, to);
        }
      }
    }
  }

  @Override
  public void end() {
    decoder.end();
    switch (heard) {
      case NOTHING -> {}
      case NAME -> endName();
      case ROLE -> endRole();
      case CONTENT, TEXT -> stopWhenFull();
      case MEMBER -> wants = false;
    }
  }

  private void endName() {
    if (depth == MEMBER) {
      beginMember();
    } else if (depth == PART && inItem) {
      beginPart();
    } else {
      next = inContent && name.is(TEXT) ? Use.TEXT : Use.NOTHING;
    }
  }

  private void beginMember() {
    text = Clip.NONE;
    inTurns = false;
    inItem = false;
    inContent = false;
    next = Use.NOTHING;
    hashing = false;
    for (Section section : Section.ALL) {
      if (name.is(section.name)) {
        beginSection(section);
      }
    }
    for (Field each : fields) {
      if (name.is(each.utf8)) {
        beginField(each);
      }
    }
    wants = hashing || !text.full();
  }

  private void beginSection(Section section) {
    text = texts.get(section.ordinal());
    text.cut(0);
    inTurns = section == Section.MESSAGES || section == Section.INPUT;
  }

  private void beginField(Field named) {
    field = named;
    field.begin();
    hashing = true;
  }

  /// A member of an item. A `content` goes before a `text`, wherever it stands.
  private void beginPart() {
    if (name.is(ROLE)) {
      next = Use.ROLE;
      hasRole = false;
      role.cut(0);
    } else if (name.is(CONTENT)) {
      next = Use.CONTENT;
      hasContent = true;
      text.cut(mark);
    } else if (name.is(TEXT) && !hasContent) {
      next = Use.TEXT;
      text.cut(mark);
    } else {
      next = Use.NOTHING;
    }
  }

  private void endRole() {
    hasRole = true;
    if (inTurns && (role.is(ASSISTANT) || role.is(MODEL))) {
      leaveOut();
    } else {
      stopWhenFull();
    }
  }

  @Override
  public void open(int depth, boolean object) {
    switch (depth) {
      case MEMBER -> beginItems(object);
      case ITEM -> beginItem(object);
      case PART -> inContent = inItem && next == Use.CONTENT;
      default -> {}
    }
    next = Use.NOTHING;
  }

  /// No field is an object or array, and no section an object.
  private void beginItems(boolean object) {
    hashing = false;
    wants = !object && !text.full();
  }

  private void beginItem(boolean object) {
    inItem = object;
    mark = text.length();
    hasContent = false;
    hasRole = false;
    role.cut(0);
  }

  @Override
  public void close(int depth) {
    next = Use.NOTHING;
    switch (depth) {
      case MEMBER -> wants = false;
      case ITEM -> endItem();
      case PART -> inContent = false;
      default -> {}
    }
  }

  private void endItem() {
    if (!inItem) {
      return;
    }
    inItem = false;
    if (hasRole) {
      text.add(NUL, 0, 1);
      text.add(role);
      text.add(NUL, 0, 1);
    } else if (inTurns) {
      leaveOut();
    }
    stopWhenFull();
  }

  /// The item that is heard is the model's.
  private void leaveOut() {
    text.cut(mark);
    wants = false;
  }

  /// What is full may still be left out when the role comes, or give way to a `content`.
  private void stopWhenFull() {
    if (heard != Use.NAME && text.full() && !hashing && (!inItem || hasRole && hasContent)) {
      wants = false;
    }
  }
}
