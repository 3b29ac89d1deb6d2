package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The `Date` of answers.
class StatusesTest {
  private static final DateTimeFormatter IMF_FIXDATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  @Test
  void theExampleOfTheRfc() {
    assertEquals("Sun, 06 Nov 1994 08:49:37 GMT", Statuses.date(784111777));
  }

  @Test
  void everyDayOfManyYearsIsAsTheJdkFormatsIt() {
    Random random = new Random(1);
    for (long day = 0; day < 366 * 140; day++) {
      long second = day * 86_400 + random.nextInt(86_400);
      assertEquals(IMF_FIXDATE.format(Instant.ofEpochSecond(second)), Statuses.date(second));
    }
  }
}
