#!/usr/bin/env bash
# Runs everything that is shipped, as far as this machine can, and fails when any of it does. Each part has a script
# beside this one.
#
#   test/deploy/deploy.sh [PART...]   all parts, or these: dist image nix systemd compose kubernetes
#   DEPLOY_SHORT=1                    without what takes long
#   DEPLOY_WRITE=1                    writes the table in docs/deploy.md, from a run of all parts in their long form
set -uo pipefail

cd -- "$(dirname -- "$0")/../.." || exit 1
PARTS=(dist image systemd nix compose kubernetes)
PAGE=docs/deploy.md

main() {
  [ $# -gt 0 ] || set -- "${PARTS[@]}"
  ROWS=$(mktemp)
  export ROWS
  running=
  trap 'rm -f "$ROWS"' EXIT
  trap 'end 130' INT
  trap 'end 143' TERM HUP
  local failed=()
  for part in "$@"; do
    case " ${PARTS[*]} " in *" $part "*) ;; *) printf 'deploy   there is no part %s: %s\n' "$part" "${PARTS[*]}" >&2 && exit 1 ;; esac
  done
  for part in "$@"; do
    printf 'deploy   %s\n' "$part"
    # In the background, so that a signal is seen at once, and handed on.
    "test/deploy/$part.sh" &
    running=$!
    wait "$running" || failed+=("$part")
    running=
  done
  printf '%s ran, %s not run here, %s\n' "$(grep -c $'\tRUN\t' "$ROWS")" "$(grep -c $'\tNOT RUN\t' "$ROWS")" \
    "failed: ${failed[*]:-none}"
  [ ${#failed[@]} -eq 0 ] || exit 1
  [ -z "${DEPLOY_WRITE:-}" ] || write "$@"
}

# Ends the part that runs, which then removes what it made.
end() {
  [ -z "$running" ] || { kill -TERM "$running" && wait "$running"; } 2>/dev/null
  exit "$1"
}

write() {
  if [ "$*" != "${PARTS[*]}" ] || [ -n "${DEPLOY_SHORT:-}" ]; then
    printf 'deploy   the table needs all parts in their long form\n' >&2
    exit 1
  fi
  table >"$ROWS.table"
  awk -v table="$ROWS.table" '
    /^<!-- the table ends -->/ { skip = 0 }
    !skip { print }
    /^<!-- the table begins/ { skip = 1; while ((getline line < table) > 0) print line }' "$PAGE" >"$ROWS.page"
  cat "$ROWS.page" >"$PAGE"
  rm -f "$ROWS.table" "$ROWS.page"
  printf 'deploy   wrote the table of %s\n' "$PAGE"
}

table() {
  printf '\n%s, commit %s, %s %s, Java %s.\n\n' "$(date -u +%Y-%m-%d)" "$(git describe --always --dirty)" "$(uname -s)" \
    "$(uname -m)" "$("$(./build.sh java)" -version 2>&1 | sed -n '1s/^[^"]*"\([^"]*\)".*/\1/p')"
  printf '| part | | what | command |\n|---|---|---|---|\n'
  awk -F '\t' '{ printf "| %s | %s | %s | `%s` |\n", $1, $2, $3, $4 }' "$ROWS"
  printf '\n'
}

main "$@"
