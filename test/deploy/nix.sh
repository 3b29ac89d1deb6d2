#!/usr/bin/env bash
# Nix without Nixpkgs: parses all files, evaluates the module against a lib of our own (and against the real one where
# NIX_PATH has it), builds the package in a store of its own that is gone afterwards, and runs what came out.
# Needs nix-instantiate and nix-build (Debian: nix-bin), jq, curl and python3.
# DEPLOY_SHORT=1 leaves the tests out of the build.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=test/deploy/rows.sh
. test/deploy/rows.sh
part Nix
here=test/deploy/nix
this=test/deploy/nix.sh
# shellcheck source=test/deploy/nix/systemd.sh
. "$here/systemd.sh"
DIR=
pids=()

main() {
  elsewhere
  if ! command -v nix-instantiate >/dev/null || ! command -v nix-build >/dev/null; then
    not_run "module, package and image: nix is missing" "apt-get install nix-bin && test/deploy/nix.sh"
    return
  fi
  for tool in jq curl python3; do command -v "$tool" >/dev/null || die "$tool is missing"; done
  prepare
  parse
  evaluate
  build_package
  build_units
  serve
  build_image
  judge_units
  run_units
}

# What takes Nixpkgs, a network or KVM.
elsewhere() {
  not_run "flake.lock: Nixpkgs is not reachable" "nix flake lock"
  not_run "flake with Nixpkgs: package with all tests, NixOS in a virtual machine (KVM)" "nix flake check -L"
  not_run "nix run with Nixpkgs" "nix run . -- --version"
  not_run "the virtual machine alone" "nix build -L .#checks.x86_64-linux.vm"
  not_run "the image as a file that Docker loads" "nix build .#image && ./result >image.tar && docker load -i image.tar"
  not_run "the format of the Nix files" "nix fmt -- --ci"
}

prepare() {
  # In the repository, which the systemd of run_units sees.
  mkdir -p build
  DIR=$(mktemp -d "$PWD/build/nix.XXXXXX")
  trap clean_up EXIT
  trap 'exit 130' INT TERM
  mkdir "$DIR/conf" "$DIR/home" "$DIR/credentials"
  printf '%s\n' 'sandbox = false' 'build-users-group =' 'substitute = false' >"$DIR/conf/nix.conf"
  ./build.sh jar >"$DIR/messages" 2>&1 || failed "the jar can't be built"
  jdk=$(./build.sh java)
  jdk=${jdk%/bin/java}
  # Fetches JUnit where it isn't there yet.
  TESTS=LauncherTest ./build.sh test >"$DIR/messages" 2>&1 || failed "no test can be run"
  junit=${JUNIT_JAR:-$(find build/tools -name 'junit-*.jar' | head -n 1)}
  arguments=(--argstr jdk "$jdk" --argstr junit "$(realpath "$junit")" --argstr path "$PATH")
  [ -n "${DEPLOY_SHORT:-}" ] || arguments+=(--argstr tests LauncherTest)
}

# shellcheck disable=SC2317 # the trap calls it
clean_up() {
  [ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}" 2>/dev/null || :
  end_systemd
  # The store's files are read-only.
  chmod -R u+w "$DIR"
  rm -rf "$DIR"
}

# Runs a command of Nix with the store in DIR; its messages go to a log.
in_store() {
  env HOME="$DIR/home" NIX_REMOTE= NIX_CONF_DIR="$DIR/conf" NIX_STORE_DIR="$DIR/store" NIX_STATE_DIR="$DIR/var" \
    NIX_LOG_DIR="$DIR/log" timeout -s KILL 300 "$@" 2>"$DIR/messages"
}

failed() {
  cat "$DIR/messages" >&2
  die "$*"
}

# Prints the store path of the attribute $1; further arguments are Nix's.
build() {
  local attribute=$1
  shift
  in_store nix-build --no-out-link "$here/default.nix" "${arguments[@]}" "$@" -A "$attribute" ||
    failed "$attribute can't be built"
}

# Prints the attribute $1 as JSON; further arguments are Nix's.
value_of() {
  local attribute=$1
  shift
  in_store nix-instantiate --eval --strict --json "$here/default.nix" "${arguments[@]}" "$@" -A "$attribute"
}

# --- Without building ---

parse() {
  local files file
  mapfile -t files < <(find flake.nix nix "$here" -name '*.nix')
  for file in "${files[@]}"; do
    in_store nix-instantiate --parse "$file" >/dev/null || failed "$file isn't Nix"
  done
  ran "${#files[@]} Nix files parse" "$this"
  python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' nix/vm-test.py
  ran "the script of the virtual machine's test is Python" "$this"
}

evaluate() {
  judge_facts "a lib of our own"
  judge_refusals
  judge_page
  local real
  if real=$(nix-instantiate --find-file nixpkgs/lib 2>/dev/null); then
    judge_facts "the lib of Nixpkgs" --arg lib "import $real"
  else
    not_run "the module against the lib of Nixpkgs: NIX_PATH has none" "NIX_PATH=nixpkgs=FOLDER test/deploy/nix.sh"
  fi
  value_of here.units >"$DIR/units.json" || failed "the units can't be printed"
  say "-- llmhop.service"
  jq -r .llmhop "$DIR/units.json"
  say "-- llama-cpp-tiny.service"
  jq -r '."llama-cpp-tiny"' "$DIR/units.json"
}

# Each sentence of facts.nix is true; $2.. are Nix's arguments.
judge_facts() {
  local with=$1 wrong
  shift
  value_of facts "$@" >"$DIR/facts" || failed "facts.nix can't be evaluated with $with"
  wrong=$(jq -r 'to_entries[] | select(.value != true) | .key' "$DIR/facts")
  [ -z "$wrong" ] || die "not so, with $with: $wrong"
  ran "$(jq length "$DIR/facts") facts of module, units and flake, with $with" "$this"
}

# Each file in refused is refused for the reason in its first line.
judge_refusals() {
  local file reason number=0
  for file in "$here"/refused/*.nix; do
    reason=$(sed -n '1s/^# refused: //p' "$file")
    [ -n "$reason" ] || die "$file doesn't say why it is refused"
    if value_of given.system --arg configuration "import ./$file" >/dev/null; then die "$file is not refused"; fi
    grep -q -F -- "$reason" "$DIR/messages" || failed "$file is refused for another reason than: $reason"
    number=$((number + 1))
  done
  ran "$number wrong configurations are refused, each with its reason" "$this"
}

# What docs/nix.md shows is a flake, or a configuration that the module takes.
judge_page() {
  local block number=0
  mkdir "$DIR/page"
  awk -v folder="$DIR/page" '/^```nix$/ { file = folder "/" ++number ".nix"; next }
    /^```$/ { file = "" }
    file != "" { print > file }' docs/nix.md
  for block in "$DIR"/page/*.nix; do
    in_store nix-instantiate --parse "$block" >/dev/null || failed "docs/nix.md shows what isn't Nix"
    grep -q '^  services\.llmhop' "$block" || continue
    value_of given.system --arg configuration "import $block" >/dev/null ||
      failed "docs/nix.md shows what the module doesn't take: $(cat "$block")"
    number=$((number + 1))
  done
  [ "$number" -gt 0 ] || die "docs/nix.md shows no configuration"
  ran "$number configurations of docs/nix.md are taken" "$this"
}

# --- With building ---

build_package() {
  package=$(build package)
  if [ -z "${DEPLOY_SHORT:-}" ]; then
    grep -q '^[1-9][0-9]* passed, 0 failed' "$DIR/messages" || failed "the package's tests didn't run"
    ran "doCheck runs make test with JUnit as a fixed-output file (LauncherTest alone)" "$this"
  fi
  cmp build/llmhop.jar "$package/lib/llmhop/llmhop.jar" || die "the package's jar is not the one of build.sh"
  ran "nix/package.nix builds offline; the jar has the bytes of make jar" \
    "$this"

  local version
  version=$(sed -n 's/^VERSION=//p' build.sh)
  # No other Java, and no cache that doesn't fit.
  [ "$(env -i LLMHOP_JAVA_OPTS=-XX:AOTMode=on PATH=/nowhere:/bin:/usr/bin "$package/bin/llmhop" --version)" = "llmhop $version" ] ||
    die "bin/llmhop doesn't say its version with the AOT cache"
  LLMHOP_JAVA_OPTS="-XX:AOTMode=on -Xmx2g -XX:+PrintFlagsFinal" "$package/bin/llmhop" --version >"$DIR/flags" 2>&1 || :
  grep -q 'MaxHeapSize *= 2147483648 ' "$DIR/flags" || die "LLMHOP_JAVA_OPTS doesn't win"
  local plain
  plain=$(build withoutCache)
  [ ! -e "$plain/lib/llmhop/llmhop.aot" ] || die "withAotCache = false makes a cache"
  [ "$("$plain/bin/llmhop" --version)" = "llmhop $version" ] || die "the package without a cache doesn't start"
  ran "bin/llmhop starts from the store with its AOT cache (AOTMode=on), also with another heap, and without a cache" \
    "$this"
}

build_units() {
  units=$(build here.folder)
  config=$(build here.file)
  if in_store nix-build --no-out-link "$here/default.nix" "${arguments[@]}" -A broken.file >/dev/null; then
    die "a broken config is built"
  fi
  grep -q 'models.a.url: not an absolute URL' "$DIR/messages" || failed "a broken config fails without its reason"
  ran "settings are checked with llmhop --check when they are built: a broken URL stops the build" "$this"
}

# Starts what the units start, without systemd, and asks through the router.
serve() {
  local server router address
  start server.log "$(line_of llama-cpp-tiny ExecStart)"
  server=$!
  MAINPID=$server timeout -s KILL 60 "$(line_of llama-cpp-tiny ExecStartPost)" || die "the server isn't waited for"
  if MAINPID=999999999 timeout -s KILL 10 "$(line_of vllm-qwen ExecStartPost)" 2>"$DIR/messages"; then
    die "a server that is gone counts as ready"
  fi
  grep -q 'ended before it answered' "$DIR/messages" || failed "no word of the server that is gone"
  ran "ExecStartPost waits for /health of a started server, and gives up when the server has ended" "$this"

  printf 'a-token' >"$DIR/credentials/token"
  # The unit's command and config, at a port that is free.
  CREDENTIALS_DIRECTORY=$DIR/credentials FAR_KEY=a-key start router.log \
    "$(line_of llmhop ExecStart | sed "s|\"/etc/llmhop/config.json\"|$config --listen 127.0.0.1:0|")"
  router=$!
  for _ in {1..100}; do
    address=$(sed -n 's/^llmhop .* listens on \([0-9.:]*\),.*/\1/p' "$DIR/router.log")
    [ -z "$address" ] || break
    sleep 0.1
  done
  [ -n "$address" ] || { cp "$DIR/router.log" "$DIR/messages" && failed "the router doesn't start"; }
  curl -sS -m 20 "http://$address/v1/chat/completions" -H 'Authorization: Bearer a-token' \
    -d '{"model": "tiny", "messages": [{"role": "user", "content": "hi"}]}' >"$DIR/messages"
  grep -q 'simulated tiny' "$DIR/messages" || failed "the route to the server isn't there"
  kill "$router"
  wait "$router" || die "the router ends with an error"
  kill "$server"
  ran "the commands of the units run: token by credential, and the route to the server by itself" "$this"
}

# Prints the value of $2 in the unit $1.
line_of() { sed -n "s|^$2=||p" "$units/$1.service"; }

# Runs the line $2 with its output in the file $1, in the background.
start() {
  sh -c "exec $2" >"$DIR/$1" 2>&1 </dev/null &
  pids+=($!)
}

build_image() {
  local image
  image=$(build image)
  jq -e '.config | .User == "65532:65532" and .Cmd == ["--config", "/etc/llmhop/config.json"]
    and .WorkingDir == "/etc/llmhop" and .StopSignal == "SIGTERM" and (.Healthcheck.Test | .[0] == "CMD" and .[-1] == "health")' \
    "$image" >/dev/null || die "the image's config is another: $(cat "$image")"
  local command
  mapfile -t command < <(jq -r '.config.Entrypoint[]' "$image")
  "${command[@]}" --check --config "$config" >"$DIR/messages" 2>&1 || failed "the image's command doesn't run"
  "${command[0]}" -XX:AOTMode=on "${command[@]:1}" --version >"$DIR/messages" 2>&1 || failed "the image's AOT cache doesn't fit"
  [ "$("${command[0]}" --list-modules | wc -l)" -lt 10 ] || die "the image's Java is not a small one"
  ran "nix/image.nix: user, command and health check; its command runs with a small Java and an AOT cache of its own" \
    "$this"
}

# --- systemd ---

systemd_version() { systemd-analyze --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p'; }

judge_units() {
  if ! command -v systemd-analyze >/dev/null; then
    not_run "the units by systemd-analyze, which is missing" "systemd-analyze security llmhop.service"
    return
  fi
  mkdir "$DIR/units"
  cp "$units"/*.service "$DIR/units/"
  chmod -R u+w "$DIR/units"
  # Type=notify-reload is systemd 253's.
  [ "$(systemd_version)" -ge 253 ] ||
    sed -i 's/^Type=notify-reload$/Type=notify/' "$DIR/units/llmhop.service"
  local exposed=() unit said
  for unit in llmhop:1.5 llama-cpp-tiny:3.0 vllm-qwen:3.0; do
    SYSTEMD_UNIT_PATH=$DIR/units: systemd-analyze verify "$DIR/units/${unit%:*}.service" >"$DIR/messages" 2>&1 ||
      failed "systemd-analyze verify of ${unit%:*}"
    [ ! -s "$DIR/messages" ] || failed "systemd-analyze verify of ${unit%:*}"
    said=$(systemd-analyze security --offline=true --no-pager "$DIR/units/${unit%:*}.service" |
      sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
    awk -v said="$said" -v most="${unit#*:}" 'BEGIN { exit !(said != "" && said + 0 <= most + 0) }' ||
      die "${unit%:*} is exposed: $said"
    exposed+=("${unit%:*}=$said")
  done
  ran "systemd-analyze verify is silent; exposure: ${exposed[*]}" \
    "$this"
}

main
