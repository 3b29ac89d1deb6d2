#!/usr/bin/env bash
# Builds the image by the Dockerfile itself and runs it: with buildah, without a network, on a stand-in for the JDK's
# image that is made of this machine's own JDK and system, and with crun: read-only, as the numeric user, without a
# capability, under the containers' usual system call filter. A request goes through it, its health check is asked.
# build/llmhop-image.tar is the result, for `podman load` or `docker load`.
#
#   DEPLOY_SHORT=1   builds it once; otherwise twice, to compare the bytes
set -euo pipefail

cd -- "$(dirname -- "$0")/../.."
. test/deploy/rows.sh
part image

LARGEST=60000000
EPOCH=1767225600
VERSION=$(sed -n 's/^VERSION=//p' build.sh)
IMAGE=llmhop:$VERSION
SHOWS='make image'
FILTER=/usr/share/containers/seccomp.json
JAVA=$(./build.sh java)
JDK=${JAVA%/bin/java}

main() {
  local lacking
  lacking=$(lacks)
  if [ -n "$lacking" ]; then
    not_run "the image is built and run: $lacking" "$SHOWS"
    elsewhere
    return
  fi
  work=$(mktemp -d)
  pid=()
  trap end EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  stand_in
  build "$work/oci"
  check_size
  check_config
  check_files
  run
  [ -n "${DEPLOY_SHORT:-}" ] || build_again
  elsewhere
}

# Prints what is missing here, or nothing.
lacks() {
  local tool
  if [ "$(uname -s)" != Linux ] || [ "$(id -u)" != 0 ]; then echo "needs root on Linux" && return; fi
  for tool in buildah umoci crun curl python3; do
    command -v "$tool" >/dev/null || { echo "$tool is missing" && return; }
  done
  [ -f "$FILTER" ] || echo "$FILTER is missing"
}

# shellcheck disable=SC2317 # the trap calls it
end() {
  crun_ delete --force llmhop 2>/dev/null || :
  buildah_ rm --all >/dev/null 2>&1 || :
  # What it mounted for its storage, deepest first.
  awk -v under="$work/" 'index($5, under) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
    while read -r mount; do umount -l "$mount" || :; done
  end_all
}

buildah_() { buildah --root "$work/storage" --runroot "$work/runroot" "$@"; }

# crun, without the half of a hybrid cgroup tree that it refuses.
crun_() {
  # shellcheck disable=SC2016 # the inner shell expands it
  unshare --mount sh -c 'umount -l /sys/fs/cgroup/unified 2>/dev/null; exec crun --cgroup-manager=disabled "$@"' sh \
    --root "$work/crun" "$@"
}

# A JDK's image out of this machine: its /usr is mounted while building, links and a few files are copied.
stand_in() {
  local base root link file
  base=$(buildah_ from scratch)
  root=$(buildah_ mount "$base")
  mkdir -p "$root"/{usr,etc,tmp,proc,sys,dev,opt,root,run,var}
  chmod 1777 "$root/tmp"
  for link in /bin /sbin /lib /lib32 /lib64 /libx32; do [ ! -L "$link" ] || cp -P "$link" "$root/"; done
  cp -a /etc/alternatives /etc/ld.so.cache /etc/passwd /etc/group "$root/etc/"
  # Debian's JDKs keep parts of themselves in /etc.
  find "$JDK" -type l -exec readlink -f {} + | grep -v '^/usr/' | sort -u >"$work/links" || :
  while read -r file; do
    mkdir -p "$root${file%/*}"
    cp -L "$file" "$root$file"
  done <"$work/links"
  buildah_ umount "$base" >/dev/null
  buildah_ config --env PATH=/usr/bin:/bin --env "JAVA_HOME=$JDK" "$base"
  quietly buildah_ commit "$base" llmhop-jdk
}

# Builds the image to the OCI folder $1.
build() {
  local volumes=(--volume /usr:/usr:ro)
  case $JDK in /usr/*) ;; *) volumes+=(--volume "$JDK:$JDK:ro") ;; esac
  say "build    $IMAGE"
  quietly buildah_ bud --isolation chroot --pull-never --no-cache --layers --format docker --timestamp "$EPOCH" \
    --build-arg JDK_IMAGE=localhost/llmhop-jdk "${volumes[@]}" --tag "$IMAGE" .
  quietly buildah_ push "$IMAGE" "oci:$1:llmhop"
}

# Prints the digest of layer $2 of the OCI folder $1.
layer() {
  python3 - "$1" "$2" <<'END'
import json, sys
folder, number = sys.argv[1], int(sys.argv[2])
def blob(digest):
    return json.load(open(f"{folder}/blobs/{digest.replace(':', '/')}"))
manifest = blob(json.load(open(f"{folder}/index.json"))["manifests"][0]["digest"])
layers = [layer["digest"] for layer in manifest["layers"]]
assert len(layers) == 2, layers
print(layers[number])
END
}

check_size() {
  local bytes
  bytes=$(find "$work/oci/blobs" -type f -exec cat {} + | wc -c)
  [ "$bytes" -lt "$LARGEST" ] || die "the image has $bytes bytes compressed, $LARGEST are the limit"
  # Docker's format: OCI's has no word for a health check.
  rm -f build/llmhop-image.tar
  quietly buildah_ push "$IMAGE" "docker-archive:$PWD/build/llmhop-image.tar:$IMAGE"
  ran "the Dockerfile builds without a network, $((bytes / 1000000)) MB compressed ($(uname -m)), below 60" "$SHOWS"
}

check_config() {
  python3 - build/llmhop-image.tar "$work/health" "$VERSION" <<'END' || die "the image's config is not what it should be"
import json, sys, tarfile
with tarfile.open(sys.argv[1]) as image:
    [manifest] = json.load(image.extractfile("manifest.json"))
    assert {tag.split("/")[-1] for tag in manifest["RepoTags"]} == {"llmhop:" + sys.argv[3]}, manifest
    config = json.load(image.extractfile(manifest["Config"]))["config"]
there = "/opt/llmhop/"
java, cache, jar = there + "runtime/bin/java", "-XX:AOTCache=" + there + "llmhop.aot", ["-jar", there + "llmhop.jar"]
assert config["User"] == "65532:65532", config["User"]
assert config["WorkingDir"] == "/etc/llmhop"
assert config["StopSignal"] == "SIGTERM"
assert list(config["ExposedPorts"]) == ["8080/tcp"], config
options = "@" + there + "jvm.options"
assert config["Entrypoint"] == [java, options, "-XX:-CreateCoredumpOnCrash", cache] + jar, config["Entrypoint"]
assert config["Cmd"] == ["--config", "/etc/llmhop/config.json"], config["Cmd"]
labels = config["Labels"]
for label in "title description licenses version revision".split():
    assert labels["org.opencontainers.image." + label]
assert labels["org.opencontainers.image.version"] == sys.argv[3], labels
check = config["Healthcheck"]
assert check["Test"] == ["CMD", java, "@" + there + "health.options", cache] + jar + ["health"], check
times = [check[key] / 1e9 for key in ("Interval", "Timeout", "StartPeriod")]
assert times == [30, 5, 10] and check["Retries"] == 3, check
open(sys.argv[2], "w").write("\n".join(check["Test"][1:]) + "\n")
END
  ran "user, entry point, health check, stop signal and labels are in the file that docker load takes" "$SHOWS"
}

check_files() {
  quietly umoci unpack --image "$work/oci:llmhop" "$work/bundle"
  local root=$work/bundle/rootfs programs odd
  programs=$(cd "$root" && find . -type f -perm /111 ! -name '*.so' ! -name '*.so.[0-9]*' | LC_ALL=C sort | tr '\n' ' ')
  [ "$programs" = "./opt/llmhop/runtime/bin/java ./opt/llmhop/runtime/lib/jexec ./opt/llmhop/runtime/lib/jspawnhelper " ] ||
    die "the image has other programs: $programs"
  [ "$(cat "$root/etc/nsswitch.conf")" = "hosts: files dns" ] || die "names would not be looked up in /etc/hosts first"
  odd=$(find "$root" ! -type l \( -perm /6000 -o -perm /022 -o ! -user root \))
  [ -z "$odd" ] || die "these are setuid, writable or not root's: $odd"
  ran "it holds no shell and no program but java; no file is setuid or belongs to the user" "$SHOWS"
}

# Puts together how crun runs it, from what the image says and what a careful operator adds.
# The seccomp profile is the one that Podman, Buildah and CRI-O use, without what it gives for capabilities.
harden() {
  python3 - "$work/bundle/config.json" "$work/conf" "$FILTER" <<'END'
import json, platform, sys
path, conf, profile = sys.argv[1:]
bundle = json.load(open(path))
process = bundle["process"]
assert process["user"] == {"uid": 65532, "gid": 65532}, process["user"]
process["terminal"] = False
process["noNewPrivileges"] = True
process["capabilities"] = {kind: [] for kind in process["capabilities"]}
process["rlimits"] = []
bundle["root"]["readonly"] = True
bundle["mounts"].append({"destination": "/etc/llmhop", "type": "bind", "source": conf, "options": ["rbind", "ro"]})
linux = bundle["linux"]
# This machine's loopback, so that a backend on it can be asked.
linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] != "network"]
rules = json.load(open(profile))
machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
def applies(rule):
    wanted, unwanted = rule.get("includes", {}), rule.get("excludes", {})
    return (not wanted.get("caps") and machine in wanted.get("arches", [machine])
            and machine not in unwanted.get("arches", []))
def plain(rule):
    kept = {key: rule[key] for key in ("names", "action", "args", "errnoRet") if rule.get(key)}
    for argument in kept.get("args", []):
        argument.pop("valueTwo", None) if argument["op"] != "SCMP_CMP_MASKED_EQ" else None
    return kept
linux["seccomp"] = {"defaultAction": rules["defaultAction"],
                    "architectures": [{"amd64": "SCMP_ARCH_X86_64", "arm64": "SCMP_ARCH_AARCH64"}[machine]],
                    "syscalls": [plain(rule) for rule in rules["syscalls"] if applies(rule)]}
if rules.get("defaultErrnoRet"):
    linux["seccomp"]["defaultErrnoRet"] = rules["defaultErrnoRet"]
json.dump(bundle, open(path, "w"))
END
}

# Prints the port of the program whose output is the file $1, once it says it.
port_of() {
  local port
  for _ in $(seq 1000); do
    port=$(sed -n 's/.*127\.0\.0\.1:\([1-9][0-9]*\).*/\1/p' "$1" | head -n 1)
    [ -z "$port" ] || break
    sleep 0.01
  done
  [ -n "$port" ] || die "it says no port: $(cat "$1")"
  printf '%s' "$port"
}

# Runs the health check of the image, as Docker does: in the container, as its user, in its working folder.
health() {
  local words
  mapfile -t words <"$work/health"
  # AOTMode=on makes a cache that doesn't fit an error.
  crun_ exec --cwd /etc/llmhop llmhop "${words[0]}" -XX:AOTMode=on "${words[@]:1}"
}

run() {
  local backend port process status router
  "$JAVA" -jar build/llmhop.jar simulate --port 0 --model llama --tokens 5 >"$work/backend" 2>&1 &
  pid+=($!)
  backend=$(port_of "$work/backend")
  mkdir "$work/conf"
  # The system chooses the router's port, so that no other program can take the port before the router listens.
  write_config 0 "$backend"
  harden
  local begin=${EPOCHREALTIME/./}
  crun_ run --bundle "$work/bundle" llmhop >"$work/router" 2>&1 &
  router=$!
  pid+=("$router")
  port=$(port_of "$work/router")
  # The health check reads the port from the config; the router has `watch` off and does not read the config again.
  write_config "$port" "$backend"
  for _ in $(seq 1000); do
    ! curl -fsS "http://127.0.0.1:$port/health" >/dev/null 2>&1 || break
    sleep 0.01
  done
  local ready=$(((${EPOCHREALTIME/./} - begin) / 1000))
  curl -fsSN "http://127.0.0.1:$port/v1/chat/completions" \
    -d '{"model":"llama","stream":true,"messages":[{"role":"user","content":"hi"}]}' >"$work/answer" ||
    die "no answer: $(cat "$work/router")"
  grep -q '^data: \[DONE\]' "$work/answer" || die "the stream has no end: $(cat "$work/answer")"

  process=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$work/crun/llmhop/status")
  status=$(tr '\t' ' ' <"/proc/$process/status")
  for line in "Uid: 65532 65532 65532 65532" "CapEff: 0000000000000000" "CapBnd: 0000000000000000" "NoNewPrivs: 1" \
    "Seccomp: 2"; do
    grep -qx "$line" <<<"$status" || die "the process has not '$line': $status"
  done
  grep -q /opt/llmhop/llmhop.aot "/proc/$process/maps" || die "it runs without its AOT cache"
  awk '$5 == "/" && $6 ~ /^ro/ { found = 1 } END { exit !found }' "/proc/$process/mountinfo" || die "/ can be written to"
  ran "a stream goes through it: read-only, user 65532, no capability, no new privileges, seccomp on" "$SHOWS"

  [ "$(health)" = '{"status":"ok","models":1}' ] || die "the health check says no"
  local before after
  before=$(cpu)
  for _ in 1 2 3 4 5; do quietly health; done
  after=$(cpu)
  write_config 1 "$backend"
  if health >/dev/null 2>&1; then die "the health check of a config that nobody runs with says yes"; fi
  ran "its health check says yes, and no where nobody answers; $(((after - before) * 10 / 5)) ms of CPU with crun's" "$SHOWS"

  kill -TERM "$process"
  wait "$router" || die "SIGTERM ends it with $?: $(cat "$work/router")"
  [ "$(grep -vc -e '^llmhop ' -e '^llmhop: this heap of ' -e '^llmhop: stop' -e ' 200 done@.* POST /v1/chat/completions$' -e ' 200 done@.* GET /health$' "$work/router")" = 0 ] ||
    die "it has something to say: $(cat "$work/router")"
  ran "first answer ${ready} ms after crun; SIGTERM ends it with 0; nothing was written and no word of warning" "$SHOWS"
}

# The config: listens on port $1, asks backend port $2. It is renamed into place, as editors do.
write_config() {
  printf '{"listen": "127.0.0.1:%s", "log": "text", "watch": "0s",
  "models": {"llama": {"url": "http://127.0.0.1:%s"}}}\n' "$1" "$2" >"$work/conf/new"
  mv "$work/conf/new" "$work/conf/config.json"
}

# The processor time of this script's ended children, in hundredths of a second.
cpu() { awk '{ print $16 + $17 }' "/proc/$$/stat"; }

build_again() {
  local first second
  first=$(layer "$work/oci" 0)
  quietly buildah_ rmi "$IMAGE"
  build "$work/again"
  second=$(layer "$work/again" 0)
  [ "$first" = "$second" ] || die "two builds differ: $first, $second"
  ran "two builds have the same first layer, byte for byte; the second layer is the AOT cache" "$SHOWS"
}

elsewhere() {
  local jdk
  jdk=$(sed -n 's/^ARG JDK_IMAGE=//p' Dockerfile)
  not_run "the pinned JDK image is what its tag says (no registry is reached here)" \
    "docker buildx imagetools inspect ${jdk%@*}"
  not_run "docker builds it for both architectures" \
    "docker buildx build --platform linux/amd64,linux/arm64 --build-arg SOURCE_DATE_EPOCH=$EPOCH -t $IMAGE ."
  not_run "docker runs it and calls it healthy" \
    "docker run -d --name llmhop --read-only --cap-drop ALL -v ./config:/etc/llmhop:ro $IMAGE && docker inspect -f {{.State.Health.Status}} llmhop"
}

main "$@"
