#!/bin/sh
# Makes an AOT cache for llmhop: a training run that serves some requests, plain and streamed, from
# llmhop simulate. Needs curl. `./build.sh aot` calls it; so do the image and the Nix package.
#
#   AOT_JAVA=FILE                the java that llmhop will run with; a checkout's is found
#   AOT_JAR=build/llmhop.jar     at run time it must be the same file at the same path
#   AOT_CACHE=build/llmhop.aot   the file that is made
#   AOT_JAVA_OPTS=@bin/jvm.options   the JVM's flags: those that llmhop will run with, since a cache fits
#                                only the collector and object headers that it was made with
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
cd "$HERE/.."
CACHE=${AOT_CACHE:-build/llmhop.aot}
JAR=${AOT_JAR:-build/llmhop.jar}
REQUESTS=40
READY_TENTHS=100
STOP_TENTHS=300

JAVA=${AOT_JAVA:-$(./build.sh java)}
OPTIONS=${AOT_JAVA_OPTS-@bin/jvm.options}
DIR=$(mktemp -d "${TMPDIR:-/tmp}/llmhop-aot.XXXXXX")
BACKEND=
ROUTER=
trap 'stop_all' EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2317 # the trap calls it
stop_all() {
  for pid in $ROUTER $BACKEND; do kill -9 "$pid" 2>/dev/null || :; done
  rm -rf "$DIR"
}

die() {
  echo "aot: $*" >&2
  cat "$DIR/router.out" "$DIR/backend.out" >&2 2>/dev/null || :
  exit 1
}

# The port that a program says it listens on: the first number after a colon in what it printed.
port_of() {
  tries=0
  while [ "$tries" -lt "$READY_TENTHS" ]; do
    tries=$((tries + 1))
    port=$(sed -n 's/.*127\.0\.0\.1:\([1-9][0-9]*\).*/\1/p' "$1" 2>/dev/null | head -n 1)
    if [ -n "$port" ]; then
      echo "$port"
      return
    fi
    sleep 0.1
  done
  return 1
}

ask() {
  curl -fsS -m 10 -o /dev/null -H 'Content-Type: application/json' \
    -H 'Authorization: Bearer training-token-0123456789' -d "$2" "http://127.0.0.1:$ROUTER_PORT$1"
}

command -v curl >/dev/null || die "curl is missing"
"$JAVA" -jar "$JAR" simulate --port 0 --model training --ttft 0ms --tokens 5 \
  --tokens-per-second 1000 >"$DIR/backend.out" 2>&1 </dev/null &
BACKEND=$!
BACKEND_PORT=$(port_of "$DIR/backend.out") || die "llmhop simulate does not say its port"

cat >"$DIR/config.json" <<END
{
  "listen": "127.0.0.1:0",
  "log": "text",
  "authTokens": [{"name": "training", "token": "training-token-0123456789"}],
  "models": {"training": {"url": "http://127.0.0.1:$BACKEND_PORT", "aliases": ["another"]}}
}
END
rm -f "$CACHE"
# shellcheck disable=SC2086 # several flags in one variable
"$JAVA" $OPTIONS "-XX:AOTCacheOutput=$CACHE" -jar "$JAR" --config "$DIR/config.json" \
  >"$DIR/router.out" 2>&1 </dev/null &
ROUTER=$!
ROUTER_PORT=$(port_of "$DIR/router.out") || die "llmhop does not say its port"

sent=0
while [ "$sent" -lt "$REQUESTS" ]; do
  sent=$((sent + 1))
  messages='"messages":[{"role":"user","content":"hi"}]'
  ask /v1/chat/completions "{\"model\":\"training\",$messages}" || die "a request failed"
  ask /v1/chat/completions "{\"model\":\"another\",\"stream\":true,$messages}" ||
    die "a stream failed"
done
curl -fsS -m 10 -o /dev/null "http://127.0.0.1:$ROUTER_PORT/health" || die "no health"

# The cache is written when the router has ended.
kill "$ROUTER"
tries=0
while kill -0 "$ROUTER" 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt "$STOP_TENTHS" ] || die "llmhop does not end"
  sleep 0.1
done
[ -s "$CACHE" ] || die "no cache was written"
echo "aot      $CACHE"
