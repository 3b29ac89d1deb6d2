# shellcheck shell=bash
# shellcheck disable=SC2154 # here, this, jdk and DIR are nix.sh's
# Runs the module's units under a systemd of its own; read by test/deploy/nix.sh, after the store is there.
# Process 1 and its root are made by test/deploy/systemd/root.sh, so nothing is installed on the machine.

# shellcheck source=test/deploy/systemd/boot.sh
. test/deploy/systemd/boot.sh

run_units() {
  local why
  systemd_dir=$DIR
  why=$(no_systemd)
  case $PWD in /home/* | /root/*) why="units see nothing below ${PWD%"${PWD#/*/}"}" ;; esac
  if [ -n "$why" ]; then
    not_run "the units under systemd: $why" "$this"
    return
  fi
  running=$(build given.folder --arg configuration "import ./$here/running.nix")
  config=$(build given.file --arg configuration "import ./$here/running.nix")
  changed=$(build given.file --arg configuration "import ./$here/changed.nix")
  boot "$jdk" || { cp "$DIR/boot" "$DIR/messages" && failed "systemd doesn't come up"; }
  install_units
  inside systemctl start llmhop || unit_failed "llmhop.service doesn't start"
  check_order
  check_confinement
  check_requests
  check_reload
  check_end
}

unit_failed() {
  inside journalctl --no-pager -q -n 60 >&2 || :
  die "$*"
}

show() { inside systemctl show --value -p "$2" "$1"; }

# Puts the store where it was built, and the units and the config where NixOS has them.
# shellcheck disable=SC2016 # the inner shell's own
install_units() {
  local drop_in='BindReadOnlyPaths='$DIR/store
  inside ip link set lo up
  inside sh -euc '
    mkdir -p "$1/store" /etc/llmhop
    mount --bind "/opt/repository${1#"$2"}/store" "$1/store"
    printf a-token >/etc/llmhop-token
    chmod 400 /etc/llmhop-token
    printf "video:x:44:\nrender:x:105:\n" >>/etc/group
    cp "$3"/*.service /etc/systemd/system/
    # A repository in /tmp is hidden from the units otherwise.
    for unit in "$3"/*.service; do
      mkdir "/etc/systemd/system/${unit##*/}.d"
      printf "[Service]\n%s\n" "$4" >"/etc/systemd/system/${unit##*/}.d/store.conf"
    done
    ln -s "$5" /etc/llmhop/config.json' sh "$DIR" "$PWD" "$running" "$drop_in" "$config"
  [ "$(systemd_version)" -ge 253 ] || inside sed -i \
    's/^Type=notify-reload$/Type=notify\nExecReload=kill -HUP $MAINPID/' /etc/systemd/system/llmhop.service
  inside systemctl daemon-reload
}

check_order() {
  [ "$(show llama-cpp-tiny ActiveState)" = active ] || unit_failed "the server isn't there"
  [ "$(show llama-cpp-tiny ActiveEnterTimestampMonotonic)" -lt "$(show llmhop ExecMainStartTimestampMonotonic)" ] ||
    unit_failed "the router starts before the server is ready"
  [ "$(show vllm-dead ActiveState)" != active ] || unit_failed "a server that has ended counts as started"
  ran "the units under systemd $(systemd_version): the router starts when a server answers /health, and without one that ended" \
    "$this"
}

check_confinement() {
  local unit status line
  for unit in llmhop llama-cpp-tiny; do
    status=$(inside cat "/proc/$(show "$unit" MainPID)/status")
    for line in 'CapEff:.0*' 'NoNewPrivs:.1' 'Seccomp:.2' 'Uid:.[1-9].*'; do
      grep -q -x "$line" <<<"$status" || unit_failed "$unit may do more than it should, $line: $status"
    done
  done
  ran "router and server there have no capability, no root, no new privileges, and a filter of system calls" \
    "$this"
}

# The status of a request for the model $1 with the token $2.
answered() {
  inside curl -s -m 20 -o /tmp/answer -w '%{http_code}' http://127.0.0.1:8080/v1/chat/completions \
    -H "Authorization: Bearer $2" -d "{\"model\": \"$1\", \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}"
}

check_requests() {
  [ "$(answered tiny a-token)" = 200 ] || unit_failed "no answer by way of the router"
  inside grep -q 'simulated tiny' /tmp/answer || unit_failed "another server answered"
  [ "$(answered tiny another-token)" = 401 ] || unit_failed "another token is taken"
  # Where the module has the router look for its certificate, too.
  [ "$(inside cat "/proc/$(show llmhop MainPID)/root/run/credentials/llmhop.service/token")" = a-token ] ||
    unit_failed "credentials lie elsewhere"
  ran "a request there goes by the route that the module made, with the token of the credential" "$this"
}

check_reload() {
  local before
  before=$(show llmhop MainPID)
  [ "$(answered another a-token)" = 404 ] || unit_failed "a model is there before the reload"
  inside ln -sfn "$changed" /etc/llmhop/config.json
  inside systemctl reload llmhop || unit_failed "no reload"
  for _ in {1..50}; do
    [ "$(answered another a-token)" = 404 ] || break
    sleep 0.1
  done
  # Nobody listens at the new model's address.
  [ "$(answered another a-token)" = 502 ] || unit_failed "the reload has no effect"
  [ "$(show llmhop MainPID)" = "$before" ] || unit_failed "the reload was a restart"
  ran "systemctl reload there takes the new config of a switch, in the same process" "$this"
}

check_end() {
  inside systemctl kill -s KILL llama-cpp-tiny
  for _ in {1..50}; do
    [ "$(answered tiny a-token)" = 200 ] || break
    sleep 0.1
  done
  [ "$(answered tiny a-token)" = 502 ] || unit_failed "a dead server answers"
  [ "$(show llmhop ActiveState)" = active ] || unit_failed "the router went with the server"
  inside systemctl stop llmhop
  [ "$(show llmhop Result) $(show llmhop ExecMainStatus)" = "success 0" ] || unit_failed "llmhop.service ends with an error"
  ran "the router stays when a server is killed, and stops with 0" "$this"
}
