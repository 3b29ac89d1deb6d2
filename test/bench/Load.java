package bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/// The callers that wrk can't be. Each line of standard input is a round, which answers with lines
/// BEGIN and END around the time that counts, then RESULT with what was seen:
///
///     open PORT PER_SECOND CONNECTIONS SECONDS
///     streams PORT STREAMS MILLIS OPENED_PER_SECOND SECONDS
///
/// One process for all rounds, so that the rounds find its code compiled.
final class Load {

  private Load() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      int[] numbers = new int[words.length];
      for (int i = 1; i < words.length; i++) numbers[i] = Integer.parseInt(words[i]);
      String result =
          words[0].equals("open")
              ? new OpenLoad(numbers[1], numbers[2], numbers[3]).run(numbers[4])
              : new StreamLoad(numbers[1], numbers[2], numbers[3]).run(numbers[4], numbers[5]);
      say("RESULT " + result);
    }
  }

  static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
