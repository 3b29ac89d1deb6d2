// OpenAI's and Anthropic's own SDKs, reading streams with heartbeats in them. Prints a line per check, exits with 1 when one
// failed. Started by run.sh:
//
//   node heartbeats.mjs URL      environment: KEY
//
// The router's config: patient (2.5 s to the first token), late (503 after 1.5 s) and vanishing (hangs up after 1.5 s), each
// with a heartbeat of 1 s.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';

const url = process.argv[2];
const hello = [{ role: 'user', content: 'Hello there' }];

let requests = 0;
let heartbeats = 0;
let heard = Promise.resolve();

/** Counts what it passes on. */
const countingFetch = async (target, init) => {
  requests += 1;
  const answer = await fetch(target, init);
  const [ours, theirs] = answer.body.tee();
  heard = new Response(ours).text().then(
    (text) => { heartbeats += text.split(': keep-alive\n\n').length - 1; },
    () => {}, // It was cut off, as it should.
  );
  return new Response(theirs, answer);
};
const options = { apiKey: process.env.KEY, maxRetries: 2, fetch: countingFetch };
const openai = new OpenAI({ ...options, baseURL: `${url}/v1` });
const claude = new Anthropic({ ...options, baseURL: url });

let failed = 0;

async function check(name, body) {
  requests = 0;
  heartbeats = 0;
  try {
    await body();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${String(error?.stack ?? error).split('\n').join('\n      ')}`);
  }
}

const chat = (model) => openai.chat.completions.create({ model, messages: hello, stream: true });
const respond = (model) => openai.responses.create({ model, input: 'Hello there', stream: true });
const message = (model) => claude.messages.create({ model, max_tokens: 12, messages: hello, stream: true });

async function all(stream) {
  const events = [];
  for await (const event of await stream) events.push(event);
  return events;
}

async function rejected(stream, type) {
  const error = await all(stream).then(
    () => assert.fail('it succeeded'),
    (thrown) => thrown,
  );
  assert.ok(error instanceof type, `${error?.constructor?.name}: ${error}`);
  assert.equal(requests, 1, 'requests');
  return error;
}

async function heartbeatsCame() {
  await heard;
  assert.ok(heartbeats >= 2, `${heartbeats} heartbeats`);
}

await check('openai: a slow chat is read as if no heartbeat was in it', async () => {
  const chunks = await all(chat('patient'));
  assert.match(chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join(''), /^\[simulated patient\]/);
  await heartbeatsCame();
});

await check('anthropic: a slow message is read as if no heartbeat was in it', async () => {
  const events = await all(message('patient'));
  assert.equal(events[0].type, 'message_start');
  assert.equal(events.at(-1).type, 'message_stop');
  await heartbeatsCame();
});

await check('openai: the events of a slow response are read as if no heartbeat was in it', async () => {
  const events = await all(respond('patient'));
  assert.equal(events.at(-1).type, 'response.completed');
});

await check("openai: a backend's error behind a heartbeat is an APIError", async () => {
  for (const call of [chat, respond]) {
    requests = 0;
    const error = await rejected(call('late'), OpenAI.APIError);
    assert.match(error.message, /Too much to do/);
    assert.equal(error.code, 'busy');
  }
});

await check("anthropic: a backend's error behind a heartbeat is an APIError", async () => {
  const error = await rejected(message('late'), Anthropic.APIError);
  assert.equal(error.error.error.type, 'overloaded_error');
  assert.match(error.message, /Too much to do/);
});

await check("openai: the router's error behind a heartbeat is an APIError", async () => {
  for (const call of [chat, respond]) {
    requests = 0;
    const error = await rejected(call('vanishing'), OpenAI.APIError);
    assert.equal(error.code, 'backend_bad_reply');
  }
});

await check("anthropic: the router's error behind a heartbeat is an APIError", async () => {
  const error = await rejected(message('vanishing'), Anthropic.APIError);
  assert.equal(error.error.error.type, 'api_error');
});

console.log(`heartbeats: ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
