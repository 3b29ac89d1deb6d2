-- One request, sent again and again. Arguments: token, kind of load, bytes of the whole body.
-- Kinds: answer (a chat completion), large (embeddings), stream (a completion as events).

local SENTENCE = 'Write a short note to the team about the \\"new\\" release, '
  .. 'what it brings and what it leaves out:\\n - caf\195\169, na\195\175ve, 1, 2, 3. '

local function padded(before, after, bytes)
  local left = bytes - #before - #after
  local whole = math.floor(left / #SENTENCE)
  return before .. SENTENCE:rep(whole) .. ("x"):rep(left - whole * #SENTENCE) .. after
end

function init(args)
  local token, kind, bytes = args[1], args[2], tonumber(args[3])
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer " .. token
  if kind == "stream" then
    wrk.path = "/v1/completions"
    wrk.body = padded('{"model":"streams","stream":true,"prompt":"', '"}', bytes)
  elseif kind == "large" then
    wrk.path = "/v1/embeddings"
    wrk.body = padded('{"model":"bench","input":"', '"}', bytes)
  else
    wrk.path = "/v1/chat/completions"
    wrk.body = padded('{"model":"bench","messages":[{"role":"user","content":"',
      '"}],"max_tokens":64}', bytes)
  end
end

-- One line for bench.sh: requests, microseconds, bytes, errors, p50 and p99 in microseconds.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n",
    summary.requests, summary.duration, summary.bytes,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status,
    latency:percentile(50), latency:percentile(99)))
end
