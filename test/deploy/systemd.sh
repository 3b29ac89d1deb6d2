#!/usr/bin/env bash
# Checks deploy/systemd: what systemd-analyze says of the units, and how they run under a systemd of their own, which
# is process 1 of namespaces in which the machine's files are read-only. Nothing is installed on the machine.
#
# Usage: test/deploy/systemd.sh      (build the jar first)
#
# The run needs root, systemd 250 or newer, util-linux, curl, iproute2. Takes half a minute.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=test/deploy/rows.sh
. test/deploy/rows.sh
part systemd

MOST_EXPOSED=1.5
OLDEST_SYSTEMD=250
THIS=test/deploy/systemd.sh
SERVICE=deploy/systemd/llmhop.service
SOCKET=deploy/systemd/llmhop.socket
STREAM='{"model":"simulated","stream":true,"messages":[{"role":"user","content":"hi"}]}'

dir=$(mktemp -d "${TMPDIR:-/tmp}/llmhop-systemd.XXXXXX")
systemd_dir=$dir
# shellcheck source=test/deploy/systemd/boot.sh
. test/deploy/systemd/boot.sh
trap 'end $?' EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2317 # the trap calls it
end() {
  trap - EXIT
  if [ "$1" != 0 ] && [ -n "$init" ]; then
    inside journalctl --no-pager -q -n 60 >&2 || :
  fi
  end_systemd
  rm -rf "$dir"
  exit "$1"
}

# --- What systemd-analyze says ---

check_analyze() {
  local said exposure unit
  # verify looks for the program; a stand-in is at another place.
  mkdir -p "$dir/units"
  printf '#!/bin/sh\n' >"$dir/llmhop"
  chmod +x "$dir/llmhop"
  for unit in "$SERVICE" "$SOCKET"; do
    sed "s|^ExecStart=/usr/local/bin/llmhop|ExecStart=$dir/llmhop|" "$unit" >"$dir/units/${unit##*/}"
  done
  said=$(systemd-analyze verify --man=no "$dir"/units/llmhop.{service,socket} 2>&1) || die "verify failed: $said"
  [ -z "$said" ] || die "systemd-analyze verify isn't silent: $said"
  ran "systemd-analyze verify ($version) says nothing about the service and the socket" \
    "$THIS"
  said=$(systemd-analyze security --offline=true --no-pager "$SERVICE" 2>&1) || die "security failed: $said"
  exposure=$(sed -n 's/.*exposure level for llmhop\.service: \([0-9.]*\) .*/\1/p' <<<"$said")
  [ -n "$exposure" ] || die "no exposure level in: $said"
  awk -v found="$exposure" -v most="$MOST_EXPOSED" 'BEGIN { exit !(found <= most) }' ||
    die "exposure is $exposure, $MOST_EXPOSED at most: $said"
  ran "systemd-analyze security ($version) calls the exposure $exposure, at most $MOST_EXPOSED is wanted" \
    "systemd-analyze security --offline=true $SERVICE"
}

# --- A systemd of our own ---

java_home() {
  local java
  java=$(./build.sh java)
  printf '%s' "${java%/bin/java}"
}

# Writes standard input to the file $1 there.
# shellcheck disable=SC2016 # the inner shell's own
put() { inside sh -c 'mkdir -p "$(dirname "$1")" && cat >"$1"' sh "$1"; }

show() { inside systemctl show --value -p "$1" "${2:-llmhop.service}"; }

# The status that the router answers with: answered TOKEN [CURL OPTIONS...]
answered() {
  local token=$1
  shift
  inside curl -s -m 20 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" \
    "${@:-http://127.0.0.1:8080/v1/models}" || :
}

await() {
  local what=$1 tenth
  shift
  for ((tenth = 0; tenth < 150; tenth++)); do
    if "$@"; then return; fi
    sleep 0.1
  done
  die "$what: not within 15 s"
}

is() { [ "$(show "$1")" = "$2" ]; }

# The journal of the router has such a line.
journal_has() {
  inside journalctl --sync
  inside journalctl -u llmhop -o cat --no-pager -q >"$dir/journal"
  grep -q -e "$1" "$dir/journal"
}

# What docs/systemd.md has under "# $1" as an ini block becomes a drop-in of the unit $2.
drop_in() {
  awk -v first="# $1" '$0 == "```" { found = 0 } found { print } $0 == first && last == "```ini" { found = 1 }
    { last = $0 }' docs/systemd.md >"$dir/drop-in"
  [ -s "$dir/drop-in" ] || die "docs/systemd.md has no block that begins with: # $1"
  put "/etc/systemd/system/$2.d/drop-in.conf" <"$dir/drop-in"
  inside systemctl daemon-reload
}

no_drop_in() {
  inside rm -r "/etc/systemd/system/$1.d"
  inside systemctl daemon-reload
}

config() {
  put /etc/llmhop/config.json <<END
{ "listen": $1, "watch": "0s", "log": "text",
  "authTokens": [{ "name": "caller", "token": "\${cred:llmhop_token}" }],
  "models": { "simulated": { "url": "http://localhost:8001" }${2:-} } }
END
}

EVERYWHERE='["127.0.0.1:8080", "[::1]:8080", "unix:///run/llmhop/http.sock"]'

prepare() {
  config "$EVERYWHERE"
  printf 'the-token\n' | put /etc/llmhop/credentials/token
  inside chmod 700 /etc/llmhop/credentials
  put /etc/systemd/system/simulated.service <<'END'
[Service]
DynamicUser=yes
ExecStart=/usr/local/bin/llmhop simulate --port 8001 --model simulated --ttft 20ms --tokens 40 --tokens-per-second 25
SuccessExitStatus=143
END
  inside systemctl daemon-reload
  inside systemctl start simulated
  inside llmhop aot /usr/local/lib/llmhop/llmhop.aot >"$dir/aot" 2>&1 || die "no AOT cache: $(cat "$dir/aot")"
  # As the machine would be after installing.
  inside mount -o remount,ro /usr/local
  await "the simulated server" inside curl -sf -o /dev/null http://127.0.0.1:8001/health
}

check_start() {
  local said pid status
  said=$(inside systemd-analyze verify --man=no /usr/local/lib/systemd/system/llmhop.{service,socket} 2>&1) ||
    die "verify: $said"
  [ -z "$said" ] || die "systemd-analyze verify isn't silent where all is installed: $said"
  inside systemctl enable -q llmhop.service llmhop.socket || die "the units can't be enabled"
  inside systemctl disable -q llmhop.socket
  inside systemctl start llmhop || die "it doesn't start"
  is ActiveState active || die "it isn't active after its start"
  is Type notify || die "it is not Type=notify"
  is NRestarts 0 || die "it was started more than once"
  pid=$(show MainPID)
  status=$(inside cat "/proc/$pid/status")
  inside cat "/proc/$pid/cmdline" | tr '\0' ' ' | grep -q 'runtime/bin/java .*llmhop\.jar' || die "$pid isn't Java"
  grep -q -E '^Uid:\s+[1-9][0-9]*\s' <<<"$status" || die "it runs as root: $status"
  grep -q -E '^Groups:\s+[1-9][0-9]*\s*$' <<<"$status" || die "it has more groups than its own: $status"
  [ "$(grep -c -E '^Cap(Inh|Prm|Eff|Bnd|Amb):\s+0{16}$' <<<"$status")" = 5 ] || die "it has capabilities: $status"
  grep -q -E '^Seccomp:\s+2$' <<<"$status" || die "no system call filter: $status"
  grep -q -E '^NoNewPrivs:\s+1$' <<<"$status" || die "it may get privileges: $status"
  inside grep -q -E '^Max open files +20000 +20000 ' "/proc/$pid/limits" || die "it may not open 20,000 files"
  inside grep -q -E '^Max core file size +0 +0 ' "/proc/$pid/limits" || die "a crash may leave a core, with the tokens in it"
  is StatusText "" && die "it says no status"
  check_properties
  inside grep -q llmhop.aot "/proc/$pid/maps" || die "it doesn't use its AOT cache"
  ran "under a systemd as process 1 the JVM gets to READY=1 with a user of its own, no capability, the filter (Seccomp 2), NoNewPrivs and its AOT cache" "$THIS"
}

# What none of the others would notice.
check_properties() {
  local line has
  has=$(inside systemctl show llmhop.service)
  for line in TimeoutStopUSec='10min 30s' RestartUSec=2s Restart=on-failure RestartPreventExitStatus=1 SuccessExitStatus=143 \
    StartLimitIntervalUSec=0 TasksMax=1024 UMask=0077 RuntimeDirectoryMode=0755 WorkingDirectory=/etc/llmhop RemoveIPC=yes \
    ProtectClock=yes ProtectHostname=yes ProtectKernelLogs=yes ProtectKernelModules=yes ProtectControlGroups=yes \
    PrivateMounts=yes LockPersonality=yes; do
    grep -qxF -e "$line" <<<"$has" || die "not $line, but $(grep "^${line%%=*}=" <<<"$has")"
  done
}

check_requests() {
  [ "$(answered wrong)" = 401 ] || die "a wrong token isn't refused"
  [ "$(answered the-token)" = 200 ] || die "the token of the credential isn't taken"
  [ "$(answered the-token 'http://[::1]:8080/v1/models')" = 200 ] || die "no answer over IPv6"
  [ "$(answered the-token --unix-socket /run/llmhop/http.sock http://llmhop/v1/models)" = 200 ] ||
    die "no answer through the Unix socket"
  stream >"$dir/stream" || die "a stream fails: $(cat "$dir/stream")"
  whole_stream || die "not a whole stream: $(cat "$dir/stream")"
  journal_has ' 200 done@relay .* simulated ' || die "no access log in the journal: $(cat "$dir/journal")"
  ran "in the sandbox it reads a secret through LoadCredential, answers over IPv4, IPv6 and a Unix socket, streams from llmhop simulate, and journald has the access log" "$THIS"
}

stream() {
  inside curl -sS -N -m 20 -H 'Authorization: Bearer the-token' http://127.0.0.1:8080/v1/chat/completions -d "$STREAM"
}

whole_stream() { [ "$(grep -c '^data: {' "$dir/stream")" -ge 40 ] && grep -q -x 'data: \[DONE\].*' "$dir/stream"; }

check_sandbox() {
  local probe=/opt/repository/test/deploy/systemd/probe.sh said
  said=$(inside "$probe" allowed 2>&1) || die "without the sandbox the probe finds nothing to refuse: $said"
  inside rm /etc/llmhop/probe /var/lib/probe
  inside rmdir /sys/fs/cgroup/probe-allowed
  sed -e '/^ExecReload=/d' -e '/^Restart/d' -e 's/^Type=.*/Type=oneshot/' -e 's/^RuntimeDirectory=.*/RuntimeDirectory=probe/' \
    -e "s|^ExecStart=.*|ExecStart=$probe refused|" "$SERVICE" | put /etc/systemd/system/probe.service
  inside systemctl daemon-reload
  inside systemctl start probe || die "the sandbox lets through: $(inside journalctl -u probe -o cat --no-pager)"
  ran "the sandbox refuses a dozen things that work without it: writing outside /run/llmhop and /tmp, programs in /tmp, /home, other processes, namespaces, netlink, priorities, other users" "$THIS"
}

# With the error number taken away the kernel kills who asks for what the filter refuses.
check_filter() {
  printf '[Service]\nSystemCallErrorNumber=\n' | put /etc/systemd/system/llmhop.service.d/drop-in.conf
  inside systemctl daemon-reload
  inside systemctl restart llmhop || die "it doesn't start where refused system calls kill"
  [ "$(answered the-token --unix-socket /run/llmhop/http.sock http://llmhop/v1/models)" = 200 ] || die "no answer"
  stream >"$dir/stream" || die "a stream fails: $(cat "$dir/stream")"
  whole_stream || die "not a whole stream: $(cat "$dir/stream")"
  inside systemctl reload llmhop
  inside systemctl stop llmhop
  if journal_has 'status=31/SYS'; then die "it needs a system call that the filter refuses: $(cat "$dir/journal")"; fi
  is NRestarts 0 || die "it was started again"
  no_drop_in llmhop.service
  inside systemctl start llmhop
  ran "start, requests, a stream, a reload and a stop need no system call that the filter refuses: the JVM also lives where one would kill it" "$THIS"
}

check_reload() {
  local pid
  pid=$(show MainPID)
  [ "$(answered the-token http://127.0.0.1:8080/v1/models/added)" = 404 ] || die "the model is there already"
  config "$EVERYWHERE" ', "added": { "url": "http://localhost:8001" }'
  inside systemctl reload llmhop || die "reload fails"
  await "the new model" answers_for_added
  is MainPID "$pid" || die "a reload was a restart"
  echo '{' | put /etc/llmhop/config.json
  inside systemctl reload llmhop || die "reload of a broken file fails"
  await "a word about the broken file" journal_has 'the config stays as it was'
  answers_for_added || die "a broken file changed something"
  config "$EVERYWHERE"
  ran "systemctl reload brings a new model without a restart, and a broken file changes nothing" "$THIS"
}

answers_for_added() { [ "$(answered the-token http://127.0.0.1:8080/v1/models/added)" = 200 ]; }

check_stop() {
  local streaming
  rm "$dir/stream"
  stream >"$dir/stream" &
  streaming=$!
  await "a stream" grep -q -s '^data: {' "$dir/stream"
  inside systemctl stop llmhop || die "it doesn't stop"
  wait "$streaming" || die "a stop cut a stream off"
  whole_stream || die "a stop cut a stream off: $(cat "$dir/stream")"
  journal_has 'llmhop.service: Deactivated successfully' || die "not a clean end: $(cat "$dir/journal")"
  if journal_has 'Main process exited'; then die "the exit code isn't 0: $(cat "$dir/journal")"; fi
  ran "systemctl stop lets a stream finish and ends with exit code 0" "$THIS"
}

check_failures() {
  local pid
  inside mv /etc/llmhop/credentials /etc/llmhop/none
  if inside systemctl start llmhop 2>/dev/null; then die "it starts without a secret that its config names"; fi
  is ActiveState failed || die "a start that can't succeed is tried again"
  put /etc/llmhop/config.json <<<'{ "listen": "127.0.0.1:8080", "models": { "simulated": { "url": "http://localhost:8001" } } }'
  inside systemctl start llmhop || die "it doesn't start without a folder of secrets"
  [ "$(answered none)" = 200 ] || die "no answer without secrets"
  pid=$(show MainPID)
  inside kill -KILL "$pid"
  await "a start after a crash" was_restarted "$pid"
  [ "$(answered none)" = 200 ] || die "no answer after a crash"
  # A crash of the JVM itself must not end with the exit code that a config has which can't be used.
  pid=$(show MainPID)
  inside kill -SEGV "$pid"
  await "a start after a crash of the JVM" was_restarted "$pid"
  [ "$(answered none)" = 200 ] || die "no answer after a crash of the JVM"
  inside systemctl stop llmhop
  inside mv /etc/llmhop/none /etc/llmhop/credentials
  ran "it starts while there is no folder of secrets, starts again after a crash, and stays down where the config names what isn't there" "$THIS"
}

was_restarted() { ! is MainPID "$1" && is ActiveState active; }

check_drop_ins() {
  local pid
  config '"127.0.0.1:443"'
  drop_in 'a port below 1024' llmhop.service
  inside systemctl start llmhop || die "it doesn't start on port 443"
  [ "$(answered the-token http://127.0.0.1:443/v1/models)" = 200 ] || die "no answer on port 443"
  inside grep -q -E '^CapEff:\s+0{13}400$' "/proc/$(show MainPID)/status" || die "not that one capability alone"
  inside systemctl stop llmhop
  no_drop_in llmhop.service
  config "$EVERYWHERE"
  drop_in 'more memory' llmhop.service
  inside systemctl start llmhop || die "it doesn't start with another heap"
  pid=$(show MainPID)
  inside cat "/proc/$pid/cmdline" | tr '\0' ' ' | grep -q -e ' -Xmx2g ' || die "the heap isn't another one"
  inside systemctl stop llmhop
  no_drop_in llmhop.service
  drop_in 'a Unix socket for nginx' llmhop.socket
  inside systemctl start llmhop.socket || die "the Unix socket doesn't start"
  may_connect 33 || die "the group of the Unix socket can't connect"
  if may_connect 34; then die "another group can connect to the Unix socket"; fi
  inside systemctl stop llmhop.socket llmhop
  no_drop_in llmhop.socket
  check_keys
  check_networks
  ran "the drop-ins of docs/systemd.md do what it says: port 443, more memory, a Unix socket for nginx, keys that change without a restart, known networks only" "$THIS"
}

# A process of that user and group alone.
may_connect() {
  inside setpriv --reuid "$1" --regid "$1" --clear-groups \
    curl -sf -m 20 -o /dev/null --unix-socket /run/llmhop.sock http://llmhop/health
}

check_keys() {
  inside groupadd --system llmhop-keys
  inside install -d -m 750 -g llmhop-keys /etc/llmhop/keys
  inside install -m 640 -g llmhop-keys /dev/stdin /etc/llmhop/keys/token <<<first
  put /etc/llmhop/config.json <<'END'
{ "listen": "127.0.0.1:8080", "watch": "1s", "authTokens": ["${file:/etc/llmhop/keys/token}"],
  "models": { "simulated": { "url": "http://localhost:8001" } } }
END
  drop_in 'keys that change without a restart' llmhop.service
  inside systemctl start llmhop || die "it can't read a key by its group"
  [ "$(answered first)" = 200 ] || die "the first key isn't taken"
  inside sh -c 'echo second >/etc/llmhop/keys/token'
  await "the second key" answers_second
  inside systemctl stop llmhop
  no_drop_in llmhop.service
}

answers_second() { [ "$(answered second)" = 200 ]; }

# An address of another network, which is this machine's as well.
check_networks() {
  inside ip addr add 192.0.2.1/32 dev lo
  config '"0.0.0.0:8080"'
  inside systemctl start llmhop
  [ "$(answered the-token http://192.0.2.1:8080/v1/models)" = 200 ] || die "no answer at another address"
  inside systemctl stop llmhop
  drop_in 'known networks only' llmhop.service
  inside systemctl start llmhop
  [ "$(answered the-token)" = 200 ] || die "no answer in a known network"
  [ "$(answered the-token -m 1 http://192.0.2.1:8080/v1/models)" = 000 ] || die "an answer in another network"
  inside systemctl stop llmhop
  no_drop_in llmhop.service
}

check_socket() {
  local asking late asked
  drop_in 'port 443 for the socket' llmhop.socket
  inside systemctl start llmhop.socket || die "the socket doesn't start"
  is ActiveState inactive || die "the router runs before anybody asked"
  [ "$(answered the-token http://127.0.0.1:443/v1/models)" = 200 ] || die "a request doesn't start the router"
  await "the word that it is ready" is ActiveState active
  inside grep -q -E '^CapEff:\s+0{16}$' "/proc/$(show MainPID)/status" || die "it has a capability"
  inside sh -c "$ASK_ON" >"$dir/asked" &
  asking=$!
  await "requests" test -s "$dir/asked"
  for _ in 1 2 3; do inside systemctl restart llmhop || die "it doesn't start anew"; done
  inside touch /run/enough
  wait "$asking"
  asked=$(wc -l <"$dir/asked")
  late=$(grep -c -x '503 "draining"' "$dir/asked" || :)
  if grep -v -x -e '200 ' -e '503 "draining"' "$dir/asked"; then die "requests were lost over a restart"; fi
  [ "$late" -le 12 ] || die "$late of $asked requests were refused over three restarts"
  [ "$asked" -ge 12 ] || die "only $asked requests over three restarts"
  ran "a request to the socket, on port 443, starts the router, which has no capability; over three restarts no connection was refused or cut ($asked requests, $late told to try again)" "$THIS"
}

# Four callers ask on new connections until it is enough; a line for each answer: its status, and `draining` if that is why.
# shellcheck disable=SC2016 # the inner shell's own
ASK_ON='for caller in 1 2 3 4; do
    until [ -e /run/enough ]; do
      status=$(curl -s -m 20 -o "/run/asked-$caller" -w "%{http_code}" -H "Authorization: Bearer the-token" \
        http://127.0.0.1:443/v1/chat/completions -d "{\"model\": \"simulated\", \"max_tokens\": 2,
          \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}")
      word=
      [ "$status" != 503 ] || word=$(grep -o -m 1 "\"draining\"" "/run/asked-$caller")
      echo "$status $word"
    done &
  done; wait'

# --- One after the other ---

version=
command -v systemd-analyze >/dev/null && version=$(systemd-analyze --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
if [ -z "$version" ]; then
  not_run "what systemd-analyze says: it is missing" "systemd-analyze security --offline=true $SERVICE"
elif [ "$version" -lt "$OLDEST_SYSTEMD" ]; then
  not_run "what systemd-analyze says: $version is older than $OLDEST_SYSTEMD" "systemd-analyze security --offline=true $SERVICE"
else
  version="systemd $version"
  check_analyze
fi

why=$(no_systemd)
if [ -n "$why" ]; then
  not_run "the units under a systemd as process 1: $why" "sudo $THIS"
elif [ -z "$version" ]; then
  not_run "the units under a systemd as process 1: systemd-analyze is missing" "sudo $THIS"
elif ! boot "$(java_home)"; then
  init=
  not_run "the units under a systemd as process 1: it doesn't come up here" "sudo $THIS"
  cat "$dir/boot" >&2
else
  prepare
  check_start
  check_requests
  check_sandbox
  check_filter
  check_reload
  check_stop
  check_failures
  check_drop_ins
  check_socket
fi
