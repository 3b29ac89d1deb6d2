#!/bin/sh
# What happens when the other side's machine is gone: no FIN, no reset, nothing. TCP's keep-alive has to
# notice (idle 30 s, then 3 probes 10 s apart).
#
# Usage: test/vanished/vanished.sh      (make vanished builds the jar first)
#
# A caller and a backend live in a network namespace of their own. While both are waited for, it loses its
# address and says nothing more. Within 75 s the backend of the vanished caller must be told to stop, the
# caller of the vanished backend must get its 502, and the router must hold no connection of either.
#
# Needs Linux, ip (iproute2), curl and root. Takes a little over a minute.
# Exit status: 0 fine, 1 not noticed, 2 can't be tried here.
set -eu

JAR=build/llmhop.jar
NS=llmhop-gone-$$
HOST_END=lhg$$
FAR_END=lhf$$
HERE=10.213.77.1
FAR=10.213.77.2
MOST_SECONDS=75

cd "$(dirname "$0")/../.."
DIR=$(mktemp -d "${TMPDIR:-/tmp}/llmhop-vanished.XXXXXX")
PIDS=
trap 'end' EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2317 # the trap calls it
end() {
  for pid in $PIDS; do kill -9 "$pid" 2>/dev/null || :; done
  ip netns del "$NS" 2>/dev/null || :
  ip link del "$HOST_END" 2>/dev/null || :
  rm -rf "$DIR"
}

cannot() {
  echo "vanished: $*" >&2
  exit 2
}

fail() {
  echo "vanished: FAILED: $*" >&2
  cat "$DIR"/*.out >&2
  exit 1
}

# Waits up to $1 seconds until the file $3 has a line like $2; prints how many seconds that took.
await() {
  begun=$(date +%s)
  while ! grep -q -e "$2" "$3" 2>/dev/null; do
    [ $(($(date +%s) - begun)) -lt "$1" ] || return 1
    sleep 0.1
  done
  echo $(($(date +%s) - begun))
}

# The port that the output $1 says something listens on.
port_of() {
  await 10 ':[1-9][0-9]*' "$1" >/dev/null || fail "no port in $1"
  sed -n 's/.*\.[0-9]*:\([1-9][0-9]*\).*/\1/p' "$1" | head -n 1
}

command -v curl >/dev/null || cannot "curl is missing"
command -v ip >/dev/null || cannot "ip is missing (iproute2)"
ip netns add "$NS" 2>/dev/null || cannot "no network namespace can be made here (root is needed)"
ip link add "$HOST_END" type veth peer name "$FAR_END" || cannot "no pair of interfaces can be made"
ip link set "$FAR_END" netns "$NS"
ip addr add "$HERE/30" dev "$HOST_END"
ip link set "$HOST_END" up
ip netns exec "$NS" ip addr add "$FAR/30" dev "$FAR_END"
ip netns exec "$NS" ip link set "$FAR_END" up
mac=$(ip netns exec "$NS" cat "/sys/class/net/$FAR_END/address")
# A machine that is gone doesn't answer ARP either; the way to it stays known here as it does in a router.
ip neigh replace "$FAR" lladdr "$mac" dev "$HOST_END" nud permanent

simulate="-XX:TieredStopAtLevel=1 -jar $JAR simulate --port 0 --ttft 10m --model"
# shellcheck disable=SC2086 # several words
java $simulate near >"$DIR/near.out" 2>&1 &
PIDS="$PIDS $!"
# shellcheck disable=SC2086 # several words
ip netns exec "$NS" java $simulate far --host "$FAR" >"$DIR/far.out" 2>&1 &
PIDS="$PIDS $!"
near=$(port_of "$DIR/near.out")
far=$(port_of "$DIR/far.out")
cat >"$DIR/config.json" <<END
{ "listen": "$HERE:0", "log": "text",
  "models": { "near": { "url": "http://127.0.0.1:$near" }, "far": { "url": "http://$FAR:$far" } } }
END
java -jar "$JAR" --config "$DIR/config.json" >"$DIR/router.out" 2>&1 &
PIDS="$PIDS $!"
url=http://$HERE:$(port_of "$DIR/router.out")

# ask MODEL: a request whose answer is far away.
ask='{"stream":false,"messages":[{"role":"user","content":"hi"}],"model":'
ip netns exec "$NS" curl -sS "$url/v1/chat/completions" -H 'X-Request-Id: vanishing' -d "$ask\"near\"}" \
  >"$DIR/vanishing.out" 2>&1 &
PIDS="$PIDS $!"
curl -sS -w '%{http_code}\n' "$url/v1/chat/completions" -d "$ask\"far\"}" >"$DIR/left.out" 2>&1 &
PIDS="$PIDS $!"
tries=0
until [ "$(curl -sS "$url/llmhop/status" | sed -n 's/.*"inFlight": *\([0-9]*\).*/\1/p')" = 2 ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || fail "the requests are not on their way"
  sleep 0.1
done

ip netns exec "$NS" ip addr flush dev "$FAR_END"
echo "vanished: a caller and a backend are gone; waiting up to $MOST_SECONDS s"
took=$(await "$MOST_SECONDS" 'cancelled vanishing' "$DIR/near.out") ||
  fail "the vanished caller's request still runs"
echo "vanished: the caller was missed after $took s, its backend told to stop"
more=$(await $((MOST_SECONDS - took)) '^504$\|^502$\|}50[24]$' "$DIR/left.out") ||
  fail "the vanished backend is still waited for"
echo "vanished: the backend was missed after $((took + more)) s, its caller told so"
held=$(curl -sS "$url/llmhop/status" | sed -n 's/.*"connections": *\([0-9]*\).*/\1/p')
[ "$held" = 1 ] || fail "$held connections are held, of which one is the question's"
echo "vanished: nothing is held for either"
