# shellcheck shell=bash
# A systemd that is process 1 of namespaces of its own, in which the machine's files are read-only (root.sh): nothing
# of it reaches the machine. Read by the scripts that run units.
#
# `systemd_dir` names a folder of the script's own, which it removes after end_systemd. Needs root, util-linux, iproute2.

outer=
init=
group=llmhop-check-$$
BOOT_TENTHS=200

# Prints why it can't be tried here, or nothing.
no_systemd() {
  local tool
  [ "$(id -u)" = 0 ] || { echo "not root" && return; }
  for tool in unshare nsenter setpriv curl ip; do
    command -v "$tool" >/dev/null || { echo "$tool is missing" && return; }
  done
  [ -x /usr/lib/systemd/systemd ] || [ -x /lib/systemd/systemd ] || { echo "systemd is missing" && return; }
  unshare -m -p -u -i -n -C --fork true 2>/dev/null || { echo "no namespaces can be made" && return; }
  mkdir -p "${systemd_dir:?}/groups"
  # shellcheck disable=SC2016 # the inner shell's own
  unshare -m sh -c 'mount -t cgroup2 none "$1" && mkdir "$1/$2"' sh "$systemd_dir/groups" "$group" 2>/dev/null ||
    echo "no control group can be made"
}

# Starts it, with the Java home $1; what it says is in the file boot.
boot() {
  local tenth
  mkdir -p "$systemd_dir/root"
  # The first shell goes into the control group, which is the root of the second's. When the script is killed, so are they.
  # shellcheck disable=SC2016 # the inner shell's own
  setpriv --pdeathsig KILL unshare -m --kill-child --fork bash -c 'mount -t cgroup2 none "$1" && echo $$ >"$1/$2/cgroup.procs" &&
      shift 2 && exec unshare -m -p -u -i -n -C --kill-child --fork test/deploy/systemd/root.sh "$@"' \
    bash "$systemd_dir/groups" "$group" "$systemd_dir/root" "$PWD" "$1" </dev/null >"$systemd_dir/boot" 2>&1 &
  outer=$!
  for ((tenth = 0; tenth < BOOT_TENTHS; tenth++)); do
    kill -0 "$outer" 2>/dev/null || return 1
    if find_init && inside systemctl is-system-running 2>/dev/null | grep -q -x -e running -e degraded; then return; fi
    sleep 0.1
  done
  return 1
}

# Process 1 of the namespaces: the child of the inner unshare, which is the child of the outer one.
find_init() {
  local inner
  inner=$(children "$outer") && init=$(children "$inner") && [ -n "$init" ] &&
    [ "$(cat "/proc/$init/comm")" = systemd ]
} 2>/dev/null

children() { tr -d ' ' <"/proc/$1/task/$1/children"; } 2>/dev/null

# Runs a command beside that systemd.
inside() {
  timeout -s KILL 60 nsenter -t "$init" -m -p -u -i -n -C -r -w \
    env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_PAGER= SYSTEMD_COLORS=0 "$@"
}

# Ends it and all that it runs, and removes its control group. Process 1 takes all others of its namespaces with it, and the
# mounts go with the last of them.
end_systemd() {
  [ -z "$init" ] || kill -KILL "$init" 2>/dev/null || kill -KILL "$outer" 2>/dev/null || :
  [ -n "$init" ] || [ -z "$outer" ] || kill -KILL "$outer" 2>/dev/null || :
  [ -z "$outer" ] || wait "$outer" 2>/dev/null || :
  [ ! -d "$systemd_dir/groups" ] || remove_groups
}

# A control group can be removed when the last process is gone for good.
remove_groups() {
  # shellcheck disable=SC2016 # the inner shell's own
  unshare -m sh -c 'mount -t cgroup2 none "$1" || exit
    for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      find "$1/$2" -depth -type d -exec rmdir {} + 2>/dev/null
      [ -d "$1/$2" ] || exit 0
      sleep 0.1
    done
    echo "a control group is left: $2" >&2' sh "$systemd_dir/groups" "$group" || :
}
