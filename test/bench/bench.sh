#!/bin/sh
# What llmhop costs beside nginx and HAProxy: CPU time per request, in one run on one machine.
#
# Usage: test/bench/bench.sh          (make bench builds the jar first)
#
#   BENCH_SECONDS=2      length of each round
#   BENCH_ROUNDS=3       rounds of each load; the table shows medians
#   BENCH_BAR=3.2        the most that llmhop's CPU may be, as a multiple of nginx's at 64 callers
#   BENCH_CALLERS="64 1 16 256"   how many connections, one load each
#   BENCH_JAVA_OPTS=     JVM flags for llmhop, beyond what java -jar does by itself
#   BENCH_JAR=build/llmhop.jar
#   BENCH_LARGE=1        100 KiB prompts too (0: leave out)
#   BENCH_STREAMS=1      event streams too (0: leave out)
#   BENCH_STRACE=0       1: system calls per request too, in rounds of their own
#
# Everything is on loopback and on free ports, in a temporary folder that is removed: a fast backend
# (nginx answering 600 bytes), the proxies in front of it, wrk as the callers. A round loads one
# proxy, the next round the next, so that a machine's moods hit all of them; ratios are taken pair
# by pair. CPU is user and system time of the proxy's processes from /proc (Linux only), in ticks of
# 10 ms: for each event instead of each request in the load "streams".
#
# Exit status: 0 fine; 1 errors, a ratio above the bar, or no llmhop to judge; 2 nothing to do it with.
set -eu

SECONDS_EACH=${BENCH_SECONDS:-2}
ROUNDS=${BENCH_ROUNDS:-3}
BAR=${BENCH_BAR:-3.2}
CALLERS=${BENCH_CALLERS:-64 1 16 256}
JAR=${BENCH_JAR:-build/llmhop.jar}
LARGE=${BENCH_LARGE:-1}
STREAMS=${BENCH_STREAMS:-1}
STRACE=${BENCH_STRACE:-0}

STREAM_EVENTS=50
STREAM_EVENTS_PER_SECOND=50
STREAM_CALLERS=200
WARM_UP_REQUESTS=120000
WARM_UP_MOST_SECONDS=20
READY_SECONDS=15
TOKEN=bench-token-of-a-usual-length-0123456789

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
cd "$ROOT"
PATH=$PATH:/usr/sbin:/usr/local/sbin

main() {
  DIR=$(mktemp -d "${TMPDIR:-/tmp}/llmhop-bench.XXXXXX")
  PIDS=
  trap stop_all EXIT
  trap 'exit 130' INT TERM
  FAILED=0

  look_for_tools
  choose_ports
  write_configs
  start_backends
  start_proxies
  warm_up
  : >"$DIR/rounds"
  for callers in $CALLERS; do
    run_load "$callers" answer "$callers" 1024
  done
  [ "$LARGE" = 0 ] || run_load 100KiB/16 large 16 102400
  [ "$HAS_STREAMS" = 0 ] || run_load "streams/$STREAM_CALLERS" stream "$STREAM_CALLERS" 1024
  show_report
  [ "$STRACE" = 0 ] || count_system_calls
  return "$FAILED"
}

# ---- what there is

look_for_tools() {
  has curl || give_up "curl is missing, with which every proxy is tried first"
  has wrk || give_up "wrk is missing, which makes the load (Debian, Ubuntu, Fedora: package wrk)"
  has nginx || give_up "nginx is missing, which is the backend and the measure (package nginx)"
  [ -r /proc/self/stat ] || give_up "there is no /proc to read CPU times from"
  PROXIES=nginx
  JAVA=
  if [ ! -f "$JAR" ]; then
    complain "$JAR is not there (make jar builds it): llmhop is left out"
  elif ! JAVA=$(find_java); then
    complain "no Java 25 or newer was found: llmhop is left out"
    JAVA=
  else
    PROXIES="llmhop nginx"
  fi
  if has haproxy; then
    PROXIES="$PROXIES haproxy"
  else
    say "haproxy is missing (package haproxy): left out"
  fi
  HAS_STREAMS=$STREAMS
  [ -n "$JAVA" ] || HAS_STREAMS=0
  if [ "$STRACE" != 0 ] && ! has strace; then
    say "strace is missing (package strace): system calls are not counted"
    STRACE=0
  fi
}

find_java() {
  if [ -x ./build.sh ]; then
    ./build.sh java
  elif [ -n "${JAVA_HOME:-}" ]; then
    echo "$JAVA_HOME/bin/java"
  else
    command -v java
  fi
}

has() { command -v "$1" >/dev/null 2>&1; }

say() { echo "bench: $*" >&2; }

complain() {
  say "$@"
  FAILED=1
}

give_up() {
  say "$@"
  exit 2
}

# ---- who runs

choose_ports() {
  next_port=$((20000 + $$ % 10000))
  free_port && BACKEND_PORT=$port
  free_port && STREAM_PORT=$port
  free_port && NGINX_PORT=$port
  free_port && HAPROXY_PORT=$port
  free_port && LLMHOP_PORT=$port
}

# The next port that no socket of this machine has, in `port`.
free_port() {
  while
    port=$next_port
    next_port=$((next_port + 1))
    hex=$(printf ':%04X ' "$port")
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "$hex"
  do :; done
}

write_configs() {
  padding=$(awk 'BEGIN { while (i++ < 47) printf "ten bytes " }')
  answer='{"id":"chatcmpl-1","object":"chat.completion","model":"bench","choices":[{"index":0,'
  answer=$answer'"message":{"role":"assistant","content":"'$padding'"},"finish_reason":"stop"}]}'
  for file in backend.nginx.conf proxy.nginx.conf haproxy.cfg llmhop.json; do
    sed -e "s|@DIR@|$DIR|g" -e "s|@ANSWER@|$answer|g" -e "s|@TOKEN@|$TOKEN|g" \
      -e "s|@BACKEND_PORT@|$BACKEND_PORT|g" -e "s|@STREAM_PORT@|$STREAM_PORT|g" \
      -e "s|@NGINX_PORT@|$NGINX_PORT|g" -e "s|@HAPROXY_PORT@|$HAPROXY_PORT|g" \
      -e "s|@LLMHOP_PORT@|$LLMHOP_PORT|g" "$HERE/$file" >"$DIR/$file"
  done
}

start_backends() {
  start backend nginx -p "$DIR" -e "$DIR/backend.error.log" -c "$DIR/backend.nginx.conf"
  await_answer "$BACKEND_PORT" backend || give_up "the backend does not answer"
  [ "$HAS_STREAMS" = 0 ] && return
  start streams "$JAVA" -jar "$JAR" simulate --port "$STREAM_PORT" --model streams --ttft 0ms \
    --tokens-per-second "$STREAM_EVENTS_PER_SECOND" --tokens "$STREAM_EVENTS"
  if ! await_stream "$STREAM_PORT" streams; then
    complain "llmhop simulate does not stream: streams are left out"
    HAS_STREAMS=0
  fi
}

start_proxies() {
  for proxy in $PROXIES; do
    case $proxy in
      nginx) start nginx nginx -p "$DIR" -e "$DIR/proxy.error.log" -c "$DIR/proxy.nginx.conf" ;;
      haproxy) start haproxy haproxy -db -q -f "$DIR/haproxy.cfg" ;;
      llmhop)
        # shellcheck disable=SC2086 # several flags in one variable
        start llmhop "$JAVA" ${BENCH_JAVA_OPTS:-} -jar "$JAR" --config "$DIR/llmhop.json"
        ;;
    esac
    if ! await_answer "$(port_of "$proxy")" "$proxy"; then
      complain "$proxy does not answer as the backend does: it is left out"
      PROXIES=$(without "$proxy")
    fi
  done
}

# start NAME COMMAND...: in the background, output to a file of that name, pid in PID_NAME.
start() {
  name=$1
  shift
  "$@" >"$DIR/$name.out" 2>&1 </dev/null &
  PIDS="$! $PIDS"
  eval "PID_$name=$!"
}

lives() {
  eval "kill -0 \"\$PID_$1\" 2>/dev/null"
}

without() {
  for each in $PROXIES; do
    [ "$each" = "$1" ] || printf '%s ' "$each"
  done
}

port_of() {
  case $1 in
    direct) echo "$BACKEND_PORT" ;;
    nginx) echo "$NGINX_PORT" ;;
    haproxy) echo "$HAPROXY_PORT" ;;
    llmhop) echo "$LLMHOP_PORT" ;;
  esac
}

# Waits for the same body that the backend gives.
await_answer() {
  tries=0
  while [ "$tries" -lt $((READY_SECONDS * 5)) ] && lives "$2"; do
    tries=$((tries + 1))
    if curl -fsS -m 5 -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
      -d '{"model":"bench"}' -o "$DIR/$2.body" \
      "http://127.0.0.1:$1/v1/chat/completions" 2>"$DIR/$2.curl"; then
      cmp -s "$DIR/$2.body" "$DIR/backend.body" && return 0
      say "$2 answered: $(head -c 300 "$DIR/$2.body")"
      return 1
    fi
    sleep 0.2
  done
  cat "$DIR/$2.curl" "$DIR/$2.out" >&2 || :
  return 1
}

# Waits for a whole event stream, of which every byte is kept in NAME.stream.
await_stream() {
  tries=0
  while [ "$tries" -lt $((READY_SECONDS * 5)) ] && lives "$2"; do
    tries=$((tries + 1))
    if curl -fsS -i --raw -m 10 -H "Authorization: Bearer $TOKEN" \
      -H 'Content-Type: application/json' -d '{"model":"streams","stream":true,"prompt":"x"}' \
      -o "$DIR/$2.stream" "http://127.0.0.1:$1/v1/completions" 2>"$DIR/$2.curl"; then
      grep -q 'data: \[DONE\]' "$DIR/$2.stream"
      return
    fi
    sleep 0.2
  done
  cat "$DIR/$2.curl" "$DIR/$2.out" >&2 || :
  return 1
}

# Asks each to end, and insists after a while: a router may wait long for its callers.
stop_all() {
  trap '' INT TERM
  for pid in $PIDS; do
    kill "$pid" 2>/dev/null || :
  done
  tries=0
  for pid in $PIDS; do
    while kill -0 "$pid" 2>/dev/null; do
      tries=$((tries + 1))
      [ "$tries" -lt 50 ] || kill -9 "$pid" 2>/dev/null || :
      sleep 0.1
    done
    wait "$pid" 2>/dev/null || :
  done
  rm -rf "$DIR"
}

# ---- rounds

# Until the JIT has seen enough; by requests, since a busy machine gets less done in a second.
warm_up() {
  for proxy in $PROXIES; do
    say "warming up $proxy"
    load "$(port_of "$proxy")" answer 64 1024 1 >/dev/null
    [ "$proxy" = llmhop ] || continue
    warm_requests=0
    warm_seconds=0
    while [ "$warm_requests" -lt "$WARM_UP_REQUESTS" ] &&
      [ "$warm_seconds" -lt "$WARM_UP_MOST_SECONDS" ]; do
      result=$(load "$LLMHOP_PORT" answer 64 1024 2)
      warm_requests=$((warm_requests + $(echo "$result" | awk '{ print $2 }')))
      warm_seconds=$((warm_seconds + 2))
    done
    [ "$LARGE" = 0 ] || load "$LLMHOP_PORT" large 16 102400 3 >/dev/null
    [ "$HAS_STREAMS" = 0 ] || load "$LLMHOP_PORT" stream "$STREAM_CALLERS" 1024 4 >/dev/null
  done
}

# run_load NAME KIND CONNECTIONS BYTES
run_load() {
  say "load $1: $ROUNDS rounds of $SECONDS_EACH s for each of $PROXIES"
  seconds=$SECONDS_EACH
  if [ "$2" = stream ]; then
    measure_streams
    seconds=$((SECONDS_EACH + 1))
  else
    round "$1" direct 1 "$2" "$3" "$4"
  fi
  number=1
  while [ "$number" -le "$ROUNDS" ]; do
    for proxy in $PROXIES; do
      round "$1" "$proxy" "$number" "$2" "$3" "$4"
    done
    number=$((number + 1))
  done
}

# How many bytes a stream has on the wire behind each proxy: so that begun ones count in part.
measure_streams() {
  for proxy in $PROXIES; do
    await_stream "$(port_of "$proxy")" "$proxy" || complain "$proxy does not stream"
    eval "STREAM_BYTES_$proxy=$(wc -c <"$DIR/$proxy.stream")"
  done
}

# round NAME PROXY NUMBER KIND CONNECTIONS BYTES: adds a line to the file of rounds.
round() {
  before=$(cpu_ticks "$2")
  result=$(load "$(port_of "$2")" "$4" "$5" "$6" "$seconds")
  after=$(cpu_ticks "$2")
  stream_bytes=0
  [ "$4" != stream ] || eval "stream_bytes=\$STREAM_BYTES_$2"
  echo "$result" | awk -v load="$1" -v proxy="$2" -v number="$3" -v before="$before" \
    -v after="$after" -v hertz="$(getconf CLK_TCK)" -v stream_bytes="$stream_bytes" \
    -v events="$STREAM_EVENTS" -f "$HERE/round.awk" >>"$DIR/rounds"
}

# load PORT KIND CONNECTIONS BYTES SECONDS: prints the line RESULT of load.lua.
load() {
  wrk -t1 -c"$3" -d"$5"s --timeout 10s -s "$HERE/load.lua" "http://127.0.0.1:$1" \
    -- "$TOKEN" "$2" "$4" >"$DIR/wrk" 2>&1 || :
  if ! grep '^RESULT' "$DIR/wrk"; then
    cat "$DIR/wrk" >&2
    give_up "wrk did not work"
  fi
}

# User and system time of a proxy and its children so far; "-" for none.
cpu_ticks() {
  if [ "$1" = direct ]; then
    echo -
    return
  fi
  for pid in $(pids_of "$1"); do
    cat "/proc/$pid/stat"
  done | awk '{ sub(/.*\) /, ""); sum += $12 + $13 } END { print sum }'
}

pids_of() {
  parent=
  eval "parent=\$PID_$1"
  echo "$parent"
  cat "/proc/$parent/task/$parent/children"
}

# ---- what came out

show_report() {
  commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
  [ -z "$(git status --porcelain 2>/dev/null)" ] || commit="$commit and changes"
  echo
  echo "$(date -u +%Y-%m-%d), commit $commit, $(machine)."
  echo "Medians of $ROUNDS rounds of $SECONDS_EACH s. CPU is that of the proxy's processes. A load with"
  echo "a number for a name has so many callers, with 1 KiB prompts and 600-byte answers; in streams"
  echo "requests and CPU are those of events, p50 and p99 those of whole streams."
  echo
  awk -v bar="$BAR" -v judged=64 -f "$HERE/report.awk" "$DIR/rounds" || FAILED=1
}

machine() {
  model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
  printf '%s x %s, %s' "$(getconf _NPROCESSORS_ONLN)" "${model:-CPU}" "$(uname -sr)"
  [ -z "$JAVA" ] || version Java "$JAVA" -version
  [ -z "$JAVA" ] || printf '%s' "${BENCH_JAVA_OPTS:+ with $BENCH_JAVA_OPTS}"
  version nginx nginx -v
  ! has haproxy || version HAProxy haproxy -v
  version wrk wrk -v
}

# version NAME COMMAND...: the first number with dots in what the command says.
version() {
  name=$1
  shift
  said=$("$@" 2>&1 || :)
  printf ', %s %s' "$name" "$(echo "$said" | grep -o '[0-9][0-9]*\.[0-9][0-9.]*[0-9]' | head -n 1)"
}

count_system_calls() {
  echo
  echo "| 64 callers | system calls per request | the most frequent |"
  echo "|---|---|---|"
  for proxy in $PROXIES; do
    attach=
    for pid in $(pids_of "$proxy"); do
      attach="$attach -p $pid"
    done
    # shellcheck disable=SC2086 # several flags in one variable
    strace -c -f -q -o "$DIR/strace" $attach &
    strace_pid=$!
    sleep 1
    result=$(load "$(port_of "$proxy")" answer 64 1024 "$SECONDS_EACH")
    kill -INT "$strace_pid" 2>/dev/null || :
    wait "$strace_pid" || :
    requests=$(echo "$result" | awk '/^RESULT/ { print $2 }')
    awk -v proxy="$proxy" -v requests="$requests" -f "$HERE/syscalls.awk" "$DIR/strace"
  done
}

main "$@"
