// OpenAI's and Anthropic's own SDKs, and WebSockets of the package ws, against a router, or with --direct against a simulator alone.
// Prints a line per check, exits with 1 when one failed. Started by run.sh, which says where all is:
//
//   node clients.mjs URL [--direct]      environment: KEY, LIMITED_KEY (may use embed only), SLOW_URL
//
// The router's config: llama (alias gpt-4o) is llama-3-8b-instruct at its backend, embed, whisper is whisper-1,
// slow, cut (its streams break off), flaky (always 500), gone (nobody listens), rude (hangs up without a word),
// realtime (echoes over WebSocket).
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import OpenAI, { toFile } from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import WebSocket from 'ws';

const url = process.argv[2];
const direct = process.argv.includes('--direct');
const key = process.env.KEY ?? 'none';
const backendName = direct ? 'llama' : 'llama-3-8b-instruct';
const whisperName = direct ? 'whisper' : 'whisper-1';
const hello = [{ role: 'user', content: 'Hello there' }];

let requests = 0;
const countingFetch = (target, init) => {
  requests += 1;
  return fetch(target, init);
};
const openAi = (apiKey, maxRetries = 0) =>
  new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries, fetch: countingFetch });
const anthropic = (apiKey, maxRetries = 0) =>
  new Anthropic({ apiKey, baseURL: url, maxRetries, fetch: countingFetch });
const openai = openAi(key);
const claude = anthropic(key);

let passed = 0;
let failed = 0;

async function check(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${String(error?.stack ?? error).split('\n').join('\n      ')}`);
  }
}

const behindRouter = async (name, body) => {
  if (!direct) await check(name, body);
};

/** The error of a call that must fail with that class and status. */
async function refused(call, type, status) {
  const error = await call().then(
    () => assert.fail('it succeeded'),
    (thrown) => thrown,
  );
  assert.ok(error instanceof type, `${error?.constructor?.name} instead of ${type.name}: ${error}`);
  assert.equal(error.status, status);
  return error;
}

/** The error of a call that must fail after so many requests. */
async function refusedAfter(count, call, type, status) {
  requests = 0;
  const error = await refused(call, type, status);
  assert.equal(requests, count, 'requests');
  return error;
}

const isSimulated = (text, name = backendName) => assert.match(text, new RegExp(`^\\[simulated ${name}\\]`));
const chat = (client, model, more = {}) => client.chat.completions.create({ model, messages: hello, ...more });
const message = (client, model, more = {}) =>
  client.messages.create({ model, max_tokens: 12, messages: hello, ...more });

// ---- OpenAI

await check('openai: a chat completion', async () => {
  const answer = await chat(openai, 'llama');
  isSimulated(answer.choices[0].message.content);
  assert.equal(answer.model, backendName);
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal(answer.usage.completion_tokens, 24);
});

await check('openai: a chat completion under the alias', async () => {
  const answer = await chat(openai, 'gpt-4o');
  isSimulated(answer.choices[0].message.content, direct ? 'gpt-4o' : backendName);
});

await check('openai: max_completion_tokens', async () => {
  const answer = await chat(openai, 'llama', { max_completion_tokens: 5 });
  assert.equal(answer.usage.completion_tokens, 5);
  assert.equal(answer.choices[0].finish_reason, 'length');
});

await check('openai: a streamed chat completion with usage', async () => {
  const stream = await chat(openai, 'llama', { stream: true, stream_options: { include_usage: true } });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  assert.equal(chunks[0].choices[0].delta.role, 'assistant');
  isSimulated(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''));
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.equal(chunks.at(-1).usage.completion_tokens, 24);
  assert.equal(chunks.at(-2).choices[0].finish_reason, 'stop');
});

await check('openai: the stream helper puts the same answer together', async () => {
  const plain = await chat(openai, 'llama');
  const streamed = await openai.chat.completions.stream({ model: 'llama', messages: hello }).finalContent();
  assert.equal(streamed, plain.choices[0].message.content);
});

await check('openai: a completion, plain and streamed', async () => {
  const plain = await openai.completions.create({ model: 'llama', prompt: 'Once' });
  isSimulated(plain.choices[0].text);
  const stream = await openai.completions.create({ model: 'llama', prompt: 'Once', stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0].text;
  assert.equal(text, plain.choices[0].text);
});

await check('openai: a response', async () => {
  const response = await openai.responses.create({ model: 'llama', input: 'Hello', instructions: 'Be brief.' });
  isSimulated(response.output_text);
  assert.equal(response.status, 'completed');
  assert.equal(response.usage.output_tokens, 24);
});

await check('openai: a streamed response', async () => {
  const stream = await openai.responses.create({ model: 'llama', input: 'Hello', stream: true });
  const events = [];
  for await (const event of stream) events.push(event);
  assert.deepEqual(
    events.map((event) => event.sequence_number),
    events.map((_, index) => index),
  );
  assert.equal(events[0].type, 'response.created');
  assert.equal(events.at(-1).type, 'response.completed');
  const text = events.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join('');
  assert.equal(events.at(-1).response.output[0].content[0].text, text);
});

await check('openai: the response stream helper', async () => {
  const final = await openai.responses.stream({ model: 'llama', input: 'Hello' }).finalResponse();
  isSimulated(final.output_text);
});

await check('openai: embeddings as floats and as base64', async () => {
  // Without a format the SDK asks for base64 and decodes it.
  const decoded = await openai.embeddings.create({ model: 'embed', input: ['Hello', 'there'] });
  assert.equal(decoded.data.length, 2);
  const length = Math.hypot(...decoded.data[0].embedding);
  assert.ok(Math.abs(length - 1) < 1e-5, `length ${length}`);
  const floats = await openai.embeddings.create({ model: 'embed', input: 'Hello', encoding_format: 'float' });
  assert.deepEqual(floats.data[0].embedding.map(Math.fround), Array.from(decoded.data[0].embedding));
  const few = await openai.embeddings.create({ model: 'embed', input: 'Hello', dimensions: 16 });
  assert.equal(few.data[0].embedding.length, 16);
});

await check('openai: a transcription', async () => {
  const file = await toFile(Buffer.from('RIFF....WAVE'), 'hello.wav');
  const answer = await openai.audio.transcriptions.create({ model: 'whisper', file });
  assert.equal(answer.text, `[simulated ${whisperName}] I heard 12 bytes of "hello.wav".`);
});

await check('openai: a transcription as text', async () => {
  const file = await toFile(Buffer.alloc(300_000), 'long.wav');
  const text = await openai.audio.transcriptions.create({ model: 'whisper', file, response_format: 'text' });
  assert.equal(text.trim(), `[simulated ${whisperName}] I heard 300000 bytes of "long.wav".`);
});

await check('openai: the list of models, and one of them', async () => {
  const ids = [];
  for await (const model of openai.models.list()) ids.push(model.id);
  for (const id of ['llama', 'embed', 'whisper']) assert.ok(ids.includes(id), `${id} in ${ids}`);
  const one = await openai.models.retrieve('llama');
  assert.equal(one.id, 'llama');
  assert.equal(one.object, 'model');
});

await check('openai: an unknown model is a NotFoundError, not repeated', async () => {
  const code = direct ? 404 : 'model_not_found';
  const error = await refusedAfter(1, () => chat(openAi(key, 2), 'lama'), OpenAI.NotFoundError, 404);
  assert.equal(error.code, code);
  assert.equal(error.param, 'model');
  const one = await refused(() => openai.models.retrieve('lama'), OpenAI.NotFoundError, 404);
  assert.equal(one.code, code);
});

await check('openai: a backend\'s BadRequestError passes untouched, not repeated', async () => {
  const call = () => chat(openAi(key, 2), 'llama', { max_tokens: 0 });
  const error = await refusedAfter(1, call, OpenAI.BadRequestError, 400);
  assert.equal(error.type, 'BadRequestError');
  assert.equal(error.param, 'max_tokens');
});

await behindRouter('openai: a request without a model is a BadRequestError', async () => {
  const call = () => openai.post('/chat/completions', { body: { messages: hello } });
  const error = await refused(call, OpenAI.BadRequestError, 400);
  assert.equal(error.code, 'missing_model');
});

await behindRouter('openai: a wrong key is an AuthenticationError, not repeated', async () => {
  const call = () => chat(openAi('wrong', 2), 'llama');
  const error = await refusedAfter(1, call, OpenAI.AuthenticationError, 401);
  assert.equal(error.code, 'invalid_api_key');
  assert.ok(!error.message.includes('wrong'), error.message);
});

await behindRouter('openai: a model that the key may not use is a PermissionDeniedError', async () => {
  const limited = openAi(process.env.LIMITED_KEY);
  const error = await refused(() => chat(limited, 'llama'), OpenAI.PermissionDeniedError, 403);
  assert.equal(error.code, 'model_not_allowed');
  await limited.embeddings.create({ model: 'embed', input: 'Hello' });
});

await behindRouter('openai: a backend\'s 500 is repeated, as the SDK likes', async () => {
  const call = () => chat(openAi(key, 1), 'flaky');
  const error = await refusedAfter(2, call, OpenAI.InternalServerError, 500);
  assert.match(error.message, /Simulated failure/);
});

await behindRouter('openai: an unreachable backend is repeated, since nothing was sent', async () => {
  const call = () => chat(openAi(key, 1), 'gone');
  const error = await refusedAfter(2, call, OpenAI.InternalServerError, 502);
  assert.equal(error.code, 'backend_unreachable');
  assert.equal(error.headers.get('x-should-retry'), 'true');
});

await behindRouter('openai: a backend that hangs up is not repeated, since it may have worked', async () => {
  const call = () => chat(openAi(key, 2), 'rude');
  const error = await refusedAfter(1, call, OpenAI.InternalServerError, 502);
  assert.equal(error.code, 'backend_bad_reply');
  assert.equal(error.headers.get('x-should-retry'), 'false');
});

await behindRouter('openai: a stream that breaks off is an error, not an end', async () => {
  const stream = await chat(openai, 'cut', { stream: true });
  let chunks = 0;
  await assert.rejects(async () => {
    for await (const _ of stream) chunks += 1;
  });
  assert.ok(chunks > 0, 'no chunk came before it broke off');
});

await behindRouter('openai: an aborted stream is cancelled at the backend', async () => {
  const stream = await chat(openai, 'slow', { stream: true });
  for await (const _ of stream) break; // ends the stream and aborts the request
  let metrics;
  for (let tries = 0; tries < 100; tries += 1) {
    metrics = await (await fetch(`${process.env.SLOW_URL}/metrics`)).text();
    if (/^llmhop_sim_cancelled_total 1$/m.test(metrics)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`the backend goes on: ${metrics}`);
});

// ---- Anthropic

await check('anthropic: a message', async () => {
  const answer = await message(claude, 'llama', { system: 'Be brief.' });
  isSimulated(answer.content[0].text);
  assert.equal(answer.stop_reason, 'max_tokens');
  assert.equal(answer.usage.output_tokens, 12);
});

await check('anthropic: a streamed message', async () => {
  const stream = await message(claude, 'llama', { stream: true, max_tokens: 100 });
  const events = [];
  for await (const event of stream) events.push(event);
  assert.equal(events[0].type, 'message_start');
  assert.equal(events.at(-1).type, 'message_stop');
  assert.equal(events.at(-2).delta.stop_reason, 'end_turn');
  isSimulated(events.filter((event) => event.type === 'content_block_delta').map((event) => event.delta.text).join(''));
});

await check('anthropic: the stream helper puts the same message together', async () => {
  const plain = await message(claude, 'llama');
  const final = await claude.messages.stream({ model: 'llama', max_tokens: 12, messages: hello }).finalMessage();
  assert.deepEqual(final.content, plain.content);
  assert.equal(final.usage.output_tokens, 12);
});

await check('anthropic: count_tokens', async () => {
  const count = await claude.messages.countTokens({ model: 'llama', messages: hello });
  assert.equal(count.input_tokens, 3);
});

await behindRouter('anthropic: a token as Authorization instead of x-api-key', async () => {
  const bearer = new Anthropic({ apiKey: null, authToken: key, baseURL: url, maxRetries: 0 });
  isSimulated((await message(bearer, 'llama')).content[0].text);
});

await check('anthropic: an unknown model is a NotFoundError, not repeated', async () => {
  const call = () => message(anthropic(key, 2), 'lama');
  const error = await refusedAfter(1, call, Anthropic.NotFoundError, 404);
  assert.equal(error.error.type, 'error');
  assert.equal(error.error.error.type, 'not_found_error');
});

await check('anthropic: a backend\'s BadRequestError passes untouched', async () => {
  const error = await refused(() => message(claude, 'llama', { max_tokens: 0 }), Anthropic.BadRequestError, 400);
  assert.equal(error.error.error.type, 'invalid_request_error');
  assert.match(error.message, /max_tokens/);
});

await behindRouter('anthropic: a wrong key is an AuthenticationError, not repeated', async () => {
  const call = () => message(anthropic('wrong', 2), 'llama');
  const error = await refusedAfter(1, call, Anthropic.AuthenticationError, 401);
  assert.equal(error.error.error.type, 'authentication_error');
});

await behindRouter('anthropic: a stream that breaks off is an error, not an end', async () => {
  const stream = claude.messages.stream({ model: 'cut', max_tokens: 100, messages: hello });
  await assert.rejects(() => stream.finalMessage());
});

// ---- WebSockets

const webSocket = (model, bearer = key) =>
  new WebSocket(`${url.replace('http', 'ws')}/v1/realtime?model=${model}`, ['realtime'], {
    headers: { authorization: `Bearer ${bearer}` },
  });

/** The arguments of the next event of that name; an error rejects. */
const next = (socket, event) =>
  new Promise((resolve, reject) => {
    socket.once(event, (...args) => resolve(args));
    socket.once('error', reject);
  });

async function echo(socket, data) {
  const answer = next(socket, 'message');
  socket.send(data);
  return answer;
}

await behindRouter('ws: text and binary messages are echoed, under the protocol that was agreed on', async () => {
  const socket = webSocket('realtime');
  await next(socket, 'open');
  assert.equal(socket.protocol, 'realtime');
  const [text, textIsBinary] = await echo(socket, 'hällo');
  assert.deepEqual([text.toString(), textIsBinary], ['hällo', false]);
  const [bytes, isBinary] = await echo(socket, Buffer.from([0, 255, 10, 13]));
  assert.deepEqual([...bytes, isBinary], [0, 255, 10, 13, true]);
  socket.terminate();
});

await behindRouter('ws: messages of a mebibyte go both ways', async () => {
  const socket = webSocket('realtime');
  await next(socket, 'open');
  for (let i = 0; i < 5; i += 1) {
    const message = Buffer.alloc(1 << 20, `${i}abc`);
    const [answer] = await echo(socket, message);
    assert.ok(message.equals(answer), 'another message came back');
  }
  socket.terminate();
});

await behindRouter('ws: a ping is answered by the backend', async () => {
  const socket = webSocket('realtime');
  await next(socket, 'open');
  const pong = next(socket, 'pong');
  socket.ping('are you there');
  assert.equal((await pong)[0].toString(), 'are you there');
  socket.terminate();
});

await behindRouter('ws: codes of a close pass both ways', async () => {
  for (const code of [1000, 1011, 4321]) {
    const ours = webSocket('realtime');
    await next(ours, 'open');
    ours.close(code, 'bye');
    assert.equal((await next(ours, 'close'))[0], code);
    const theirs = webSocket('realtime');
    await next(theirs, 'open');
    theirs.send(`close ${code}`);
    const [seen, reason] = await next(theirs, 'close');
    assert.deepEqual([seen, reason.toString()], [code, 'as asked']);
  }
});

await behindRouter('ws: what is refused is an ordinary answer', async () => {
  const refusedWith = async (socket) => {
    const [, answer] = await next(socket, 'unexpected-response');
    answer.resume();
    return [answer.statusCode, answer.headers['x-llmhop-error']];
  };
  assert.deepEqual(await refusedWith(webSocket('lama')), [404, 'model_not_found']);
  assert.deepEqual(await refusedWith(webSocket('realtime', 'wrong')), [401, 'invalid_api_key']);
  const limited = webSocket('realtime', process.env.LIMITED_KEY);
  assert.deepEqual(await refusedWith(limited), [403, 'model_not_allowed']);
});

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
