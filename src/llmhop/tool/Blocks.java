package llmhop.tool;

import java.util.Arrays;

/// The full blocks that a prompt begins with, each known by a hash of all that comes before its
/// end. So a prompt that goes on where another one ended begins with the other's blocks.
final class Blocks {
  /// As large as vLLM's.
  static final int TOKENS = 16;

  static final Blocks NONE = new Blocks(new long[0]);

  private final long[] hashes;

  private Blocks(long[] hashes) {
    this.hashes = hashes;
  }

  int count() {
    return hashes.length;
  }

  /// What the block of that index is known by.
  long hash(int index) {
    return hashes[index];
  }

  /// Cuts a prompt as it is read, and keeps nothing of it but the hashes.
  static final class Cutter {
    private static final int CHARACTERS = TOKENS * Prompt.CHARACTERS_PER_TOKEN;
    private static final int FIRST_CAPACITY = 64;
    // The golden ratio; any odd number without a pattern would do.
    private static final long FACTOR = 0x9E3779B97F4A7C15L;

    // What stands between the parts: beyond all characters, and no part of any block's length.
    private static final int ROLE = 0x200000;
    private static final int TEXT = 0x200001;
    private static final int TOKEN = 0x200002;

    private final int most;
    private long[] hashes;
    private int count;
    private long hash = FACTOR;
    private int inBlock;

    /// @param most how many blocks are kept; nobody asks for those behind
    Cutter(int most) {
      this.most = most;
      this.hashes = new long[Math.min(most, FIRST_CAPACITY)];
    }

    /// A message by this one follows.
    void role(String name) {
      mix(ROLE);
      for (int i = 0; i < name.length(); i++) {
        mix(name.charAt(i));
      }
    }

    void text(String text) {
      mix(TEXT);
      int character;
      for (int i = 0; i < text.length() && count < most; i += Character.charCount(character)) {
        character = text.codePointAt(i);
        mix(character);
        pass(1);
      }
    }

    /// A token that the caller gave as its number.
    void token(String number) {
      mix(TOKEN);
      for (int i = 0; i < number.length(); i++) {
        mix(number.charAt(i));
      }
      pass(Prompt.CHARACTERS_PER_TOKEN);
    }

    Blocks blocks() {
      return count == 0 ? NONE : new Blocks(Arrays.copyOf(hashes, count));
    }

    private void mix(int value) {
      hash = (Long.rotateLeft(hash, 27) ^ value) * FACTOR;
    }

    private void pass(int characters) {
      if (count == most) {
        return;
      }
      inBlock += characters;
      if (inBlock >= CHARACTERS) {
        inBlock -= CHARACTERS;
        if (count == hashes.length) {
          hashes = Arrays.copyOf(hashes, (int) Math.min(most, 2L * count));
        }
        hashes[count++] = hash;
      }
    }
  }
}
