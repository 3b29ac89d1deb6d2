# shellcheck shell=bash
# What the scripts beside it share: rows of the table in docs/deploy.md, which go to the file ROWS when there is one, and
# running things.

# Names the part of the project that the following rows are about.
part() { deploy_part=$1; }

# Shows a line to people.
say() { printf '%s\n' "$*"; }

# $1 was shown to be true just now, by the command $2.
ran() {
  say "ran      $1"
  deploy_row RUN "$@"
}

# $1 was not, and why; the command $2 shows it elsewhere.
not_run() {
  say "not run  $1"
  deploy_row 'NOT RUN' "$@"
}

deploy_row() {
  case $2$3 in *[$'\t\n|']*) die "a row of the table holds a tab, a line break or a |: $2$3" ;; esac
  [ -z "${ROWS:-}" ] || printf '%s\t%s\t%s\t%s\n' "$deploy_part" "$1" "$2" "$3" >>"$ROWS"
}

# A check failed.
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Runs $@, whose output is shown only when it fails. `work` is the script's folder.
quietly() {
  "$@" >"${work:?}/log" 2>&1 && return
  cat "$work/log" >&2
  die "failed: $*"
}

# Ends the processes whose numbers are in `pid`, and removes the script's folder.
# shellcheck disable=SC2154,SC2317 # pid is the script's; traps call it
end_all() {
  trap '' INT TERM HUP
  for each in "${pid[@]}"; do kill -KILL "$each" 2>/dev/null || :; done
  wait 2>/dev/null || :
  rm -rf "${work:?}"
}
