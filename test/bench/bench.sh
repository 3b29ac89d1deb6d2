#!/bin/sh
# What llmhop costs beside nginx, nginx + Lua and HAProxy, in one run on one machine.
#
# Usage: test/bench/bench.sh          (make bench builds the jar first)
#
#   BENCH_ONLY="requests streams"   parts to run, all without:
#     requests   CPU per request at 1, 16, 64 and 256 connections
#     open       delay and CPU at 500 and 2,000 requests a second on a schedule
#     streams    100, 1,000 and 9,500 event streams: CPU, delay, first byte, memory, losses
#     bodies     prompts of 100 KiB, 220 KB and 10 MiB
#     callers    400 and 1,000 callers who keep their connections: errors
#     burst      50 bodies of 10 MiB at once, in a heap of 512 MiB: answers and peak memory
#     scan       finding the model in JSON, GB/s
#     syscalls   system calls per request, by strace
#     start      java -jar to the first answer, with and without AOT cache; idle memory
#   BENCH_ROUNDS=3       rounds of each load; the tables show medians
#   BENCH_SECONDS=2      length of each round
#   BENCH_SHORT=1        half a minute, llmhop and nginx only: fails when something is broken, judges
#                        no bar
#   BENCH_START=1        the part start also over collectors, heaps and compact headers
#   BENCH_PROXIES="llmhop nginx nginx+Lua HAProxy"
#   BENCH_JAVA_OPTS=     JVM flags for llmhop instead of those in bin/jvm.options; none for
#                        java -jar alone
#   BENCH_JAR=build/llmhop.jar
#   BENCH_BEFORE=old.jar  another llmhop beside it, in the same rounds: what a change costs
#
# Everything is on loopback and on free ports, in a temporary folder that is removed. A part starts
# its own proxies. A round loads one proxy, the next round the next, so that a machine's moods hit
# all of them; ratios and differences are taken pair by pair, then their median. CPU is that of the
# proxy's processes: the sum is exact, user and system time are the kernel's division of it.
# Tables go to standard output as markdown, progress to standard error. Whatever hangs is ended.
#
# Needs Linux, a JDK, nginx and wrk; says what else is missing. Debian: nginx libnginx-mod-http-lua
# lua-cjson haproxy wrk strace.
#
# Exit status: 0 fine; 1 errors, a number above its bar, or no llmhop; 2 nothing to do it with.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
cd "$HERE/../.."
PATH=$PATH:/usr/sbin:/usr/local/sbin
export PATH

JAVA=$(./build.sh java) || exit 2
DIR=$(mktemp -d "${TMPDIR:-/tmp}/llmhop-bench.XXXXXX")
BENCH=
trap 'rm -rf "$DIR"' EXIT
trap 'stop 130' INT
trap 'stop 143' TERM

# The program ends what it started when it is asked to end.
# shellcheck disable=SC2317 # the traps call it
stop() {
  [ -z "$BENCH" ] || kill "$BENCH" 2>/dev/null || :
  [ -z "$BENCH" ] || wait "$BENCH" || :
  exit "$1"
}

# Scan.java is a program of its own, run from its source.
find "$HERE" -name '*.java' ! -name Scan.java >"$DIR/sources"
"${JAVA%java}javac" -proc:none -Xlint:all,-restricted -Werror -d "$DIR/classes" "@$DIR/sources" ||
  exit 2
"$JAVA" -XX:+UseSerialGC -Xmx256m --enable-native-access=ALL-UNNAMED -cp "$DIR/classes" \
  bench.Bench "$HERE" "$DIR" &
BENCH=$!
status=0
wait "$BENCH" || status=$?
exit "$status"
