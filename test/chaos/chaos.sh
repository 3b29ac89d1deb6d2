#!/bin/sh
# The shipped jar as real processes, with things going wrong around it on purpose.
#
# Usage: test/chaos/chaos.sh          (make chaos builds the jar first)
#
#   CHAOS_ONLY="kill restart"   scenarios to run, all without:
#     kill       an engine is killed under load and comes back
#     restart    engines are restarted one after the other under load with streams
#     keepalive  backends close kept connections just when the next request comes
#     faults     a backend that refuses, resets, cuts, hangs or is busy beside a good one
#     alldown    no backend is left, then one comes back
#     fallback   another model answers for one that can't
#     scale      a name gets an address and loses one
#     chain      a router behind a router, and two that send to each other
#     limits     far too much is asked for, by tokens with limits and classes, and some hang up
#     reload     the config changes under load, again and again, also into broken ones
#     poison     a request kills the backend that reads it, seconds later: one dies, the others stay
#     stuck      uploads to a backend that has stopped reading, whose callers leave
#     descriptors  a router with few file descriptors and more callers than that
#     floods     handshakes, unknown models and idle connections of one address, and another that must not notice
#     prefix     conversations go where their beginning is cached, and a hot one spreads
#     hostile    backends that flood, cut, lie and garble, beside innocent callers of another model
#     unread     nobody reads the router's stdout and stderr, while configs break and backends come and go
#     heap       thousands of half heads, half bodies and slow readers hold a heap of 128 MB, and of 64
#   CHAOS_SECONDS=600           how long hostile backends have; make stress does only that
#   CHAOS_SHORT=1               each in a short form, two at a time, in about a minute
#   CHAOS_JAR=build/llmhop.jar
#
# Everything is on loopback and on free ports, in a temporary folder that is removed. Ends what it
# started, also on Ctrl-C. The table goes to standard output as markdown, progress to standard error:
#
#   answered   200, whole
#   refused    an honest error of the router's that the scenario allows
#   failed     any other answer, also a stream that looks whole but isn't
#   lost       no answer, or one that was cut off
#
# Requests whose callers hung up on purpose are in none of these; the bar says how many.
#
# After each scenario nothing may be left in a router's hands, and it must end with 0.
#
# Exit status: 0 all bars held; 1 one is broken; 2 nothing to do it with.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
cd "$HERE/../.."

JAVA=$(./build.sh java) || exit 2
DIR=$(mktemp -d "${TMPDIR:-/tmp}/llmhop-chaos.XXXXXX")
CHAOS=
trap 'rm -rf "$DIR"' EXIT
trap 'stop 130' INT
trap 'stop 143' TERM

# The program ends what it started when it is asked to end.
# shellcheck disable=SC2317 # the traps call it
stop() {
  [ -z "$CHAOS" ] || kill "$CHAOS" 2>/dev/null || :
  [ -z "$CHAOS" ] || wait "$CHAOS" || :
  exit "$1"
}

find "$HERE" -name '*.java' >"$DIR/sources"
"${JAVA%java}javac" -proc:none -Xlint:all -Werror -d "$DIR/classes" "@$DIR/sources" || exit 2
"$JAVA" -XX:+UseSerialGC -Xmx256m -cp "$DIR/classes" chaos.Chaos "$DIR" &
CHAOS=$!
status=0
wait "$CHAOS" || status=$?
exit "$status"
