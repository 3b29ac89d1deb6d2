#!/usr/bin/env bash
# Checks compose.yaml, and runs the router with its config before a simulated server in Ollama's place.
set -euo pipefail
cd "$(dirname "$0")/../.."
. test/deploy/rows.sh
. test/deploy/kubernetes/tools.sh

command=test/deploy/compose.sh

main() {
  part Compose
  work=$(mktemp -d)
  declare -gA pid=()
  trap end_all EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  java=$(./build.sh java)
  jar=build/llmhop.jar
  [ -f "$jar" ] || die "there is no $jar: make jar"

  # A copy, so that the token that is made for it touches nobody's own.
  mkdir -p "$work/stack/deploy"
  cp compose.yaml "$work/stack"
  cp -r deploy/compose "$work/stack/deploy"
  rm -rf "$work/stack/deploy/compose/secrets"
  heap=$(sed -n 's/^-Xmx\([0-9]*\)m$/\1/p' bin/jvm.options)
  config=$work/stack/deploy/compose/config/config.json

  check_token
  if have_node; then
    install_tools "$work/npm.log"
    check_file
  else
    not_run "compose.yaml against the schema of Compose: $missing here" "$command"
  fi
  check_by_compose
  run_router
  not_run 'the images of Ollama and Open WebUI, and whether the pinned tags are there: no registry of images is asked here' \
    'deploy/compose/token.sh && docker compose build && docker compose up --detach --wait && docker compose exec ollama ollama pull llama3.2'
}

check_token() {
  local secrets=$work/stack/deploy/compose/secrets old
  "$work/stack/deploy/compose/token.sh"
  [ "$(stat -c %a "$secrets" "$secrets/token" "$secrets/open-webui.env" | tr '\n' ' ')" = '700 644 600 ' ] ||
    die 'token.sh: others may read what it makes, or the router may not'
  grep -q -x '[0-9a-f]\{64\}' "$secrets/token" || die 'token.sh made no token'
  [ "OPENAI_API_KEY=$(cat "$secrets/token")" = "$(head -n 1 "$secrets/open-webui.env")" ] || die 'token.sh made two tokens'
  old=$(cat "$secrets/token")
  ! "$work/stack/deploy/compose/token.sh" 2>"$work/log" || die 'token.sh makes another token without --new'
  [ "$(cat "$secrets/token")" = "$old" ] || die 'token.sh changed a token without --new'
  git check-ignore -q deploy/compose/secrets/token || die 'git would take the token'
}

check_file() {
  local said
  said=$(checks compose compose.yaml) || die 'compose.yaml does not fit the schema of Compose'
  checks stack compose.yaml "$config" "$heap" >/dev/null || die 'compose.yaml is not what it promises'
  broken 's/127.0.0.1:8080:8080/8080:8080/'
  broken 's/stop_grace_period: .*/stop_grace_period: 60s/'
  broken 's/mem_limit: .*/mem_limit: 600m/'
  broken 's/read_only: true/read_only: false/'
  broken 's/networks: \[chat\]/networks: [chat, models]/'
  broken 's/networks: \[chat, models\]/networks: [chat]/'
  broken 's|http://router:8080/v1|http://router:8081/v1|'
  broken 's/secrets: \[llmhop-token\]/secrets: []/'
  grep -q '^HEALTHCHECK' Dockerfile || die 'Open WebUI waits for a health check that the image does not have'
  grep -q "^    image: llmhop:$(sed -n 's/^VERSION=//p' build.sh)\$" compose.yaml || die "compose.yaml names another version than build.sh"
  ran "$said of compose.yaml fit the schema of Compose; ports, networks, secrets, memory and heap, time to stop and to drain agree" "$command"
}

# The checks find what the sed script $1 does to compose.yaml.
broken() {
  sed "$1" compose.yaml >"$work/broken.yaml"
  ! cmp -s compose.yaml "$work/broken.yaml" || die "changed nothing: $1"
  ! checks stack "$work/broken.yaml" "$config" "$heap" >"$work/log" 2>&1 || die "not noticed: $1"
}

# What Compose itself says, the plugin of docker or the older program.
check_by_compose() {
  local compose
  if docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
  elif command -v docker-compose >/dev/null; then
    compose=(docker-compose)
  else
    not_run 'what Compose itself says: there is no docker compose here' 'deploy/compose/token.sh && docker compose config --quiet'
    return
  fi
  "${compose[@]}" --project-directory "$work/stack" --file "$work/stack/compose.yaml" config >"$work/resolved.yaml" 2>"$work/log" || {
    cat "$work/log" >&2
    die "${compose[*]} doesn't take compose.yaml"
  }
  ! have_node || checks stack "$work/resolved.yaml" "$config" "$heap" >/dev/null || die "${compose[*]} reads compose.yaml otherwise"
  ran "${compose[*]} config takes compose.yaml, and understands it the same way" "$command"
}

# --- The router, with this config ---

run_router() {
  "$java" -jar "$jar" --check --config "$config" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    die 'llmhop --check does not take the config'
  }
  start ollama -Xmx128m -jar "$jar" simulate --port 0 --model llama3.2 --ttft 5ms --tokens 5
  place
  start router -jar "$jar" --config "$work/stack/deploy/compose/config/config.json" --listen 127.0.0.1:0

  token=$(cat "$work/stack/deploy/compose/secrets/token")
  await 'model of the simulated Ollama' listed llama3.2
  [ "$(ask /v1/models '' wrong)" = 401 ] || die 'a wrong token is let in'
  [ "$(ask /v1/chat/completions '{"model": "llama3.2", "stream": true, "messages": [{"role": "user", "content": "hi"}]}')" = 200 ] || { cat "$work/answer" >&2; die "no answer"; }
  grep -q '^data: \[DONE\]' "$work/answer" || die 'a stream without an end'
  [ "$(ask /api/delete '{"model": "llama3.2"}')" = 403 ] || die "callers may delete Ollama's models"
  [ "$(ask /api/pull '{"model": "llama3.2"}')" = 403 ] || die 'callers may let Ollama pull models'

  # An editor's way to change a file: another one in its place.
  sed 's/"open-webui"/"chat"/; s/"\*": {/"renamed": {/; s/, *$/&/; s/"catalog": "10s"/"rename": "llama3.2"/' "$config" >"$config.new"
  mv "$config.new" "$config"
  await 'change of the config' listed renamed
  "$work/stack/deploy/compose/token.sh" --new
  await 'new token' refused
  token=$(cat "$work/stack/deploy/compose/secrets/token")
  listed renamed || die 'the new token is not let in'

  kill -TERM "${pid[router]}"
  local code=0
  wait "${pid[router]}" || code=$?
  [ "$code" = 0 ] || die "the router left with $code"
  ran 'the config before a simulated server in place of Ollama: its models are listed and answer, pulling and deleting are refused, another config and token.sh --new are seen' "$command"
}

# Changes the copy of the config to where things are here.
place() {
  sed -i "s|http://ollama:11434|$(url ollama)|; s|/run/secrets/llmhop-token|$work/stack/deploy/compose/secrets/token|" "$config"
}

# Starts java with $2.. as $1 and waits until it says where it listens.
start() {
  local name=$1
  shift
  "$java" "$@" >"$work/$name.log" 2>&1 &
  pid[$name]=$!
  for _ in $(seq 200); do
    [ -z "$(url "$name")" ] || return 0
    sleep 0.05
  done
  cat "$work/$name.log" >&2
  die "$name did not start"
}

url() { sed -n 's|.*\(127\.0\.0\.1:[0-9][0-9]*\).*|http://\1|p' "$work/$1.log" | head -n 1; }

# Prints the status for the path $1 with the body $2, if there is one, and the token $3 or the right one.
ask() {
  local body=()
  [ -z "$2" ] || body=(-d "$2")
  curl -s -o "$work/answer" -w '%{http_code}' "$(url router)$1" -H "Authorization: Bearer ${3:-$token}" "${body[@]}"
}

listed() { [ "$(ask /v1/models '')" = 200 ] && grep -q "\"$1\"" "$work/answer"; }
refused() { [ "$(ask /v1/models '')" = 401 ]; }

# Waits up to ten seconds for $2.. to hold; $1 says what that is.
await() {
  local what=$1
  shift
  for _ in $(seq 100); do
    ! "$@" || return 0
    sleep 0.1
  done
  cat "$work/router.log" >&2
  die "not seen: the $what"
}

main "$@"
