# shellcheck shell=bash
# What kubernetes.sh and compose.sh check with, from npm, as the lock file says; read by both. Kept in
# build/tools/kubernetes, where `build.sh clean` leaves it.

tools=build/tools/kubernetes
npm_command='npm ci --legacy-peer-deps --no-audit --no-fund --ignore-scripts'

# Succeeds when there is a node and an npm to work with; `missing` says what is missing otherwise.
# shellcheck disable=SC2034 # for who reads this file
have_node() {
  missing='no npm'
  command -v npm >/dev/null || return 1
  missing='no Node 20 or newer'
  command -v node >/dev/null && node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)'
}

# Fetches what the lock file says, once; $1 is a file for the output.
install_tools() {
  mkdir -p "$tools"
  cp test/deploy/kubernetes/check.mjs "$tools"
  ! cmp -s test/deploy/kubernetes/package-lock.json "$tools/installed" || return 0
  cp test/deploy/kubernetes/package.json test/deploy/kubernetes/package-lock.json "$tools"
  # shellcheck disable=SC2086 # several words on purpose
  if ! (cd "$tools" && $npm_command) >"$1" 2>&1; then
    cat "$1" >&2
    die 'npm could not install what test/deploy/kubernetes/package-lock.json names'
  fi
  cp "$tools/package-lock.json" "$tools/installed"
}

checks() { node "$tools/check.mjs" "$@"; }
