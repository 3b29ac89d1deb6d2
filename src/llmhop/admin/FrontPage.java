package llmhop.admin;

import java.io.IOException;
import llmhop.caller.Caller;
import llmhop.route.Exchange;
import llmhop.route.Local;
import llmhop.route.Routes;

/// `GET /`: says what this is to whoever opens it in a browser.
final class FrontPage implements Local.Page {
  private static final String HTML =
      """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>LLMhop</title>
      <style>
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto;
               padding: 0 1rem; color: #222; background: #fff; }
        code { background: #f2f2f2; padding: .1em .3em; border-radius: .2em; }
        a { color: #0645ad; }
        @media (prefers-color-scheme: dark) {
          body { color: #ddd; background: #181818; } code { background: #2a2a2a; }
          a { color: #8ab4f8; }
        }
      </style>
      <h1>LLMhop</h1>
      <p>One port, many models. This router reads the <code>model</code> of an OpenAI-compatible
      request and passes it to the inference server that runs that model.</p>
      <ul>
        <li><a href="/v1/models"><code>GET /v1/models</code></a>: the models to choose from
        <li><code>POST /v1/chat/completions</code> and all other routes of your engine
        <li><a href="/health"><code>GET /health</code></a>: whether it is up
      </ul>
      """;

  @Override
  public void answer(Exchange exchange, Caller caller, Routes routes) throws IOException {
    Answers.html(exchange, HTML);
  }
}
