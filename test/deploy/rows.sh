# shellcheck shell=bash
# Rows of the table in docs/deploy.md; read by the scripts beside it. A row goes to the file ROWS, when there is one.

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
