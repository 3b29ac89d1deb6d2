#!/bin/sh
# Shows the jar at work, all of it on loopback: two simulated inference servers, the router before them,
# one request to each and a streaming one. Stays up until Ctrl-C; DEMO_SECONDS=N or CI ends it by itself.
# It fails when a request does. `make demo` builds the jar and calls this.
set -eu

cd -- "$(dirname -- "$0")/../.."
JAR=build/llmhop.jar

main() {
  command -v curl >/dev/null || die "the demo needs curl"
  [ -f "$JAR" ] || die "there is no $JAR: make demo"
  demo=$(mktemp -d)
  demo_pids=
  trap end_demo EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP PIPE

  say "demo     two simulated inference servers (no GPU, made-up answers) and the router before them"
  serve llama-3-8b 18001 simulated
  llama_port=$port
  serve qwen-2.5-7b "$((port + 1))" simulated
  qwen_port=$port
  serve router 8080 routed
  chat=http://127.0.0.1:$port/v1/chat/completions
  say "  with this config:"
  cat "$demo/config.json"

  say "" "demo     a plain request"
  ask '{"model":"llama-3-8b","messages":[{"role":"user","content":"Hello"}]}'
  expect '"model": *"llama-3-8b"'
  expect '"content": *"[^"]'
  say "" "demo     the same port, the other model"
  ask '{"model":"qwen-2.5-7b","messages":[{"role":"user","content":"Hello"}]}'
  expect '"model": *"qwen-2.5-7b"'
  expect '"content": *"[^"]'
  say "" "demo     a streaming request, shown as it comes"
  ask '{"model":"llama-3-8b","stream":true,"max_tokens":16,"messages":[{"role":"user","content":"Hello"}]}'
  expect '"content": *"[^"]'
  expect '^data: *\[DONE\]'

  if [ -n "${DEMO_SECONDS:-}${CI:-}" ]; then
    sleep "${DEMO_SECONDS:-0}"
    kill -0 "$pid" 2>/dev/null || demo_failed "a router that stays up"
    say "demo     all requests were answered as they should be"
  else
    stay_up
  fi
}

# Shows what to try and the access log until Ctrl-C, which is how a demo ends well.
stay_up() {
  say "demo     LLMhop is up. Try it from another terminal; Ctrl-C here ends all of it." "" \
    "curl -N $chat -H 'Content-Type: application/json' \\" \
    "  -d '{\"model\":\"qwen-2.5-7b\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'" "" \
    "demo     the router's log"
  trap 'exit 0' INT
  tail -n +1 -f "$demo/router.log" &
  demo_pids="$demo_pids $!"
  wait "$pid" || true
  die "the router ended by itself"
}

# What the demo starts: each takes its name and its port.
simulated() { exec java -jar "$JAR" simulate --port "$2" --model "$1"; }

routed() {
  cat >"$demo/config.json" <<END
{
  "listen": "127.0.0.1:$2",
  "log": "text",
  "models": {
    "llama-3-8b": {"url": "http://127.0.0.1:$llama_port"},
    "qwen-2.5-7b": {"url": "http://127.0.0.1:$qwen_port"}
  }
}
END
  exec java -jar "$JAR" --config "$demo/config.json"
}

# Starts $1 with the function $3 on the first free port from $2 on. Sets `port` and `pid` once it answers.
serve() {
  port=$2
  until start "$1" "$3"; do
    say "  port $port is in use, trying the next one"
    port=$((port + 1))
    [ "$port" -lt "$(($2 + 50))" ] || die "found no free port from $2 on"
  done
  say "  $1 at http://127.0.0.1:$port"
}

# Starts $1 with the function $2 and waits until it answers. False when another program has the port.
start() {
  if taken "$port"; then return 1; fi
  "$2" "$1" "$port" >"$demo/$1.log" 2>&1 &
  pid=$!
  demo_pids="$demo_pids $pid"
  if answers "$pid" "$port" "$demo/$1.log"; then return 0; fi
  kill "$pid" 2>/dev/null || true
  code=0
  wait "$pid" || code=$?
  # It can't start: a port that refuses connections may still be taken.
  if [ "$code" -eq 2 ]; then return 1; fi
  cat "$demo/$1.log" >&2
  die "$1 did not start on port $port"
}

# Curl for loopback, never through a proxy that the environment names.
local_curl() { curl -sS --noproxy '*' "$@"; }

# True unless a connection to port $1 is refused, which is curl's exit code 7.
taken() {
  code=0
  local_curl -o /dev/null --max-time 2 "http://127.0.0.1:$1/" 2>/dev/null || code=$?
  [ "$code" -ne 7 ]
}

# True when the process $1 answers on port $2 within 20 s or so. Its log $3 must name the port: another program may
# have taken the port just before, and may answer there.
answers() {
  tries=0
  until grep -q ":$2" "$3" && local_curl -f -o /dev/null --max-time 2 "http://127.0.0.1:$2/health" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 150 ] || ! kill -0 "$1" 2>/dev/null; then return 1; fi
    pause
  done
  kill -0 "$1" 2>/dev/null
}

# A tenth of a second where `sleep` knows fractions.
pause() { sleep 0.1 2>/dev/null || sleep 1; }

# Sends the chat request $1 through the router: shows the command, then the answer as it comes.
ask() {
  say "curl -N $chat -H 'Content-Type: application/json' -d '$1'"
  local_curl -N --max-time 60 -D "$demo/head" -H 'Content-Type: application/json' -d "$1" "$chat" | tee "$demo/answer"
  say ""
  grep -q '^HTTP/[0-9.]* 200' "$demo/head" || demo_failed "status 200"
}

# Fails unless a line of the last answer has the pattern $1.
expect() { grep -q -e "$1" "$demo/answer" || demo_failed "$1"; }

demo_failed() {
  cat "$demo/head" "$demo/router.log" >&2 || true
  die "the demo failed, it lacks: $1"
}

# Ends the demo's own processes: asked first, killed when that takes longer than 5 s.
end_demo() {
  trap '' INT TERM HUP PIPE
  tries=0
  for signal in TERM KILL; do
    for pid in $demo_pids; do kill -s "$signal" "$pid" 2>/dev/null || true; done
    for pid in $demo_pids; do
      while [ "$tries" -lt 50 ] && kill -0 "$pid" 2>/dev/null; do
        tries=$((tries + 1))
        pause
      done
    done
  done
  rm -rf "$demo"
}

say() { printf '%s\n' "$@"; }

die() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}

main
