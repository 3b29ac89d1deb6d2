#!/bin/sh
# Lets OpenAI's and Anthropic's own SDKs for Node, and its WebSockets, talk to servers through the router,
# all of it on free ports of loopback. Fails when a check does. `make clients` builds the jar and calls this.
set -eu

cd -- "$(dirname -- "$0")/../.."
JAR=${LLMHOP_JAR:-build/llmhop.jar}
CLIENTS=test/clients
PACE="--ttft 20ms --tokens-per-second 500 --tokens 24"
# Nothing is kept behind these: they live as long as this script.
KEY=key-of-the-clients-test
LIMITED_KEY=key-for-embeddings-only

main() {
  command -v node >/dev/null || die "this needs Node 20 or newer, which is not installed"
  command -v npm >/dev/null || die "this needs npm, which comes with Node and is not installed"
  node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' ||
    die "this needs Node 20 or newer, this is $(node --version)"
  java=$(./build.sh java)
  [ -f "$JAR" ] || die "there is no $JAR: make clients"
  work=$(mktemp -d)
  pids=
  trap end EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP PIPE

  install_sdks
  # shellcheck disable=SC2086 # the pace is several words
  {
    start engine simulate --port 0 $PACE --model llama-3-8b-instruct --model embed --model whisper-1
    start flaky simulate --port 0 $PACE --model flaky --fail 500:1
    start cut simulate --port 0 $PACE --model cut --drop-mid-stream 1
    start slow simulate --port 0 --ttft 20ms --tokens 100000 --model slow
    start patient simulate --port 0 --ttft 2500ms --tokens-per-second 500 --tokens 24 --model patient
  }
  start_script rude rude
  start_script vanishing rude 1500
  start_script late late
  start_script realtime realtime
  write_config
  start router --config "$work/config.json" --listen 127.0.0.1:0
  say "clients  through the router at $(url router)"
  KEY=$KEY LIMITED_KEY=$LIMITED_KEY SLOW_URL=$(url slow) \
    node "$CLIENTS/clients.mjs" "$(url router)" || failed
  KEY=$KEY node "$CLIENTS/heartbeats.mjs" "$(url router)" || failed
}

# Exactly what the lock file says, once.
install_sdks() {
  ! cmp -s "$CLIENTS/package-lock.json" "$CLIENTS/node_modules/.installed" || return 0
  say "clients  npm ci"
  (cd "$CLIENTS" && npm ci --no-audit --no-fund --ignore-scripts) >"$work/npm.log" 2>&1 || {
    cat "$work/npm.log" >&2
    die "npm could not install the SDKs"
  }
  cp "$CLIENTS/package-lock.json" "$CLIENTS/node_modules/.installed"
}

# Starts the jar as $1 with the arguments $2.. and waits until it says where it listens.
start() {
  name=$1
  shift
  : >"$work/$name.log"
  "$java" -Xmx256m -jar "$JAR" "$@" >"$work/$name.log" 2>&1 &
  pids="$pids $!"
  await_url "$name" $!
}

# Starts the backend of the script $2.mjs as $1, with the arguments $3..
start_script() {
  name=$1
  script=$CLIENTS/$2.mjs
  shift 2
  : >"$work/$name.log"
  node "$script" "$@" >"$work/$name.log" 2>&1 &
  pids="$pids $!"
  await_url "$name" $!
}

# Waits 20 s or so until $1, the process $2, has said its address.
await_url() {
  tries=0
  until [ -n "$(url "$1")" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 200 ] || ! kill -0 "$2" 2>/dev/null; then
      cat "$work/$1.log" >&2
      die "$1 did not start"
    fi
    sleep 0.1 2>/dev/null || sleep 1
  done
}

# Prints the URL of $1, nothing as long as it hasn't said its address.
url() { sed -n 's|.*\(127\.0\.0\.1:[0-9][0-9]*\).*|http://\1|p' "$work/$1.log" | head -n 1; }

# "gone" is at a port that only root could listen on, and nobody does.
write_config() {
  cat >"$work/config.json" <<END
{
  "log": "text",
  "authTokens": [
    "$KEY",
    {"name": "limited", "token": "$LIMITED_KEY", "models": ["embed"]}
  ],
  "models": {
    "llama": {"url": "$(url engine)", "aliases": ["gpt-4o"], "rename": "llama-3-8b-instruct"},
    "embed": {"url": "$(url engine)"},
    "whisper": {"url": "$(url engine)", "rename": "whisper-1"},
    "flaky": {"url": "$(url flaky)"},
    "cut": {"url": "$(url cut)"},
    "slow": {"url": "$(url slow)"},
    "gone": {"url": "http://127.0.0.1:1"},
    "rude": {"url": "$(url rude)"},
    "patient": {"url": "$(url patient)", "heartbeat": "1s"},
    "late": {"url": "$(url late)", "heartbeat": "1s"},
    "vanishing": {"url": "$(url vanishing)", "heartbeat": "1s"},
    "realtime": {"url": "$(url realtime)"}
  }
}
END
}

failed() {
  say "the router's log:"
  cat "$work/router.log"
  exit 1
}

# Ends what this script started, by the numbers of the processes: asked first, killed after 5 s.
end() {
  trap '' INT TERM HUP PIPE
  tries=0
  for signal in TERM KILL; do
    for pid in $pids; do kill -s "$signal" "$pid" 2>/dev/null || true; done
    for pid in $pids; do
      while [ "$tries" -lt 50 ] && kill -0 "$pid" 2>/dev/null; do
        tries=$((tries + 1))
        sleep 0.1 2>/dev/null || sleep 1
      done
    done
  done
  rm -rf "$work"
}

say() { printf '%s\n' "$@"; }

die() {
  printf 'clients: %s\n' "$*" >&2
  exit 1
}

main
