-- One request, sent again and again by wrk. Argument: a file with the body and path of the request
-- in its name's place; see Wrk.java, which writes it. The first line is the path, the rest the body.

function init(args)
  local file = assert(io.open(args[2], "rb"))
  wrk.method = "POST"
  wrk.path = file:read("*l")
  wrk.body = file:read("*a")
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer " .. args[1]
end

-- One line for the benchmark; times in microseconds.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT requests=%d micros=%d bytes=%d errors=%d p50=%d p99=%d\n",
    summary.requests, summary.duration, summary.bytes,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status,
    latency:percentile(50), latency:percentile(99)))
end
