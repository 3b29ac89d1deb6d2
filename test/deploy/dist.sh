#!/usr/bin/env bash
# Makes the distribution, makes it again from its own sources, elsewhere and with another umask, time zone and
# language, and compares the bytes; installs it, and runs what was installed.
set -euo pipefail

cd -- "$(dirname -- "$0")/../.."
. test/deploy/rows.sh
part dist

VERSION=$(sed -n 's/^VERSION=//p' build.sh)
NAME=llmhop-$VERSION
SHOWS='test/deploy/deploy.sh dist'
JAVA=$(./build.sh java)
OLD_JAVA_RELEASE=17

main() {
  work=$(mktemp -d)
  router=
  trap end EXIT
  make_twice
  # A folder with a blank in its name, as /Users/Jane Doe.
  prefix="$work/usr local"
  mkdir "$prefix"
  tar -C "$prefix" --strip-components 1 -xf "build/dist/$NAME.tar.gz"
  llmhop=$prefix/bin/llmhop
  check_tree
  check_java_search
  serve
}

# shellcheck disable=SC2317 # the trap calls it
end() {
  [ -z "$router" ] || kill -9 "$router" 2>/dev/null || :
  rm -rf "$work"
}

make_twice() {
  ./build.sh dist >"$work/log" 2>&1 || die "$(cat "$work/log")"
  (cd build/dist && sha256sum --check --quiet SHA256SUMS) || die "SHA256SUMS does not fit"
  tar -C "$work" -xf "build/dist/$NAME-src.tar.gz"
  (umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 "$work/$NAME-src/build.sh" dist) >"$work/log" 2>&1 || die "$(cat "$work/log")"
  diff build/dist/SHA256SUMS "$work/$NAME-src/build/dist/SHA256SUMS" || die "the sources make other bytes"
  links
  ran "make dist, and again from its own source archive elsewhere: the same SHA-256 sums" "$SHOWS"
}

# The installed docs lead nowhere that isn't there, and no folder is in the archive.
links() {
  local archive=$work/docs from to
  mkdir "$archive"
  tar -C "$archive" -xf "build/dist/$NAME.tar.gz"
  ! tar -tf "build/dist/$NAME.tar.gz" | grep '/$' || die "the archive has folders, whose owners and modes would change"
  (cd "$archive/$NAME/share/doc/llmhop" && grep -roE --include '*.md' '\]\([^)#: ]+[)#]' .) | sed 's|:](|\t|; s|[)#]$||' >"$work/links"
  [ "$(wc -l <"$work/links")" -gt 50 ] || die "there are hardly any links in the docs"
  while IFS=$'\t' read -r from to; do
    [ -e "$archive/$NAME/share/doc/llmhop/${from%/*}/$to" ] || die "$from leads to $to, which isn't there"
  done <"$work/links"
}

check_tree() {
  grep -qF "## $VERSION" CHANGELOG.md || die "CHANGELOG.md says nothing of $VERSION"
  local found
  found=$(cd "$prefix" && find . -type f ! -path './share/*' | LC_ALL=C sort | tr '\n' ' ')
  [ "$found" = "./bin/llmhop ./lib/llmhop/health.options ./lib/llmhop/java-homes.sh ./lib/llmhop/jvm.options ./lib/llmhop/llmhop.jar \
./lib/systemd/system/llmhop.service ./lib/systemd/system/llmhop.socket " ] || die "the archive has: $found"
  [ "$("$llmhop" --version)" = "llmhop $VERSION" ] || die "the version differs"
  ln -s "usr local/bin/llmhop" "$work/link"
  (cd / && [ "$("$work/link" --version)" = "llmhop $VERSION" ]) || die "it doesn't start through a link"
  (cd "$work" && [ "$(sh link --version)" = "llmhop $VERSION" ]) || die "it doesn't start as a script without a folder"
  (cd "$prefix/bin" && [ "$(PATH=.:$PATH llmhop --version)" = "llmhop $VERSION" ]) || die "it doesn't start from the PATH"
}

# A folder $1 that looks like a Java of release $2, whose java says its own name.
fake_java() {
  mkdir -p "$1/bin"
  printf 'JAVA_VERSION="%s.0.1"\n' "$2" >"$1/release"
  # shellcheck disable=SC2016 # for the file
  printf '#!/bin/sh\necho "$0" "$@"\n' >"$1/bin/java"
  chmod +x "$1/bin/java"
}

# Checks that the launcher takes the java $1 with the environment $2...
takes() {
  local wanted=$1 got
  shift
  got=$(env "$@" "$llmhop" --version | sed 's/ @.*//') || die "no Java with $*"
  [ "$got" = "$wanted" ] || die "with $* it takes '$got', not '$wanted'"
}

check_java_search() {
  local new="$work/new java" other=$work/other old=$work/old
  fake_java "$new" 25
  fake_java "$other" 26
  fake_java "$old" "$OLD_JAVA_RELEASE"
  takes "$new/bin/java" "JAVA_HOME=$new" "PATH=$other/bin:$PATH"
  takes "$other/bin/java" "JAVA_HOME=$old" "PATH=$other/bin:$PATH"
  takes "$other/bin/java" -u JAVA_HOME "PATH=$other/bin:$PATH"
  takes "$new/bin/java" "LLMHOP_JAVA=$new/bin/java" "JAVA_HOME=$other"
  # A link on the PATH, as distributions have it.
  mkdir "$work/bin"
  ln -s "$other/bin/java" "$work/bin/java"
  takes "$other/bin/java" -u JAVA_HOME "PATH=$work/bin:$PATH"
  # One that runs, but is none: it may be a version manager's stand-in that has nothing to stand for.
  printf '#!/bin/sh\nexit 1\n' >"$work/bin/none"
  chmod +x "$work/bin/none"
  mkdir "$work/broken"
  mv "$work/bin/none" "$work/broken/java"
  takes "llmhop $VERSION" JAVA_HOME= "PATH=$work/broken:$PATH"
  # The runtime that lies beside the jar comes before any other.
  fake_java "$prefix/lib/llmhop/runtime" 25
  takes "$prefix/lib/llmhop/runtime/bin/java" "JAVA_HOME=$new"
  rm -r "$prefix/lib/llmhop/runtime"
  fake_flags
  no_java "$old"
  ran "bin/llmhop takes JAVA_HOME's, the PATH's or the system's Java, never one that is too old" "$SHOWS"
}

# What the launcher says to a Java.
fake_flags() {
  local lib=$prefix/lib/llmhop new="$work/new java" said flag
  "$JAVA" "@$lib/jvm.options" -XX:+PrintFlagsFinal -version 2>&1 | tr -s ' ' >"$work/flags"
  for flag in "UseSerialGC = true" "UseCompactObjectHeaders = true" "MaxHeapSize = 536870912" "UsePerfData = false" \
    "ExitOnOutOfMemoryError = true" "ErrorFileToStderr = true" "DisplayVMOutputToStderr = true"; do
    grep -qF " $flag " "$work/flags" || die "jvm.options: not $flag"
  done
  said=$(LLMHOP_JAVA=$new/bin/java LLMHOP_JAVA_OPTS="-Xmx2g -Dx=y" "$llmhop" --config "a b.json")
  [ "$said" = "$new/bin/java @$lib/jvm.options -Xmx2g -Dx=y -jar $lib/llmhop.jar --config a b.json" ] || die "it says: $said"
  touch "$lib/llmhop.aot"
  printf '%s %s \n' "$(cksum <"$lib/llmhop.jar")" "$new/bin/java" >"$lib/llmhop.aot.for"
  said=$(LLMHOP_JAVA=$new/bin/java LLMHOP_JAVA_OPTS="-Xmx2g" "$llmhop")
  [ "$said" = "$new/bin/java @$lib/jvm.options -XX:AOTCache=$lib/llmhop.aot -Xmx2g -jar $lib/llmhop.jar" ] || die "it says: $said"
  # Whatever the operator gives the router, health's one question takes its own flags.
  said=$(LLMHOP_JAVA=$new/bin/java LLMHOP_JAVA_OPTS="-Xms1g -Xmx2g" "$llmhop" health --ready)
  [ "$said" = "$new/bin/java @$lib/health.options -XX:AOTCache=$lib/llmhop.aot -jar $lib/llmhop.jar health --ready" ] ||
    die "it says: $said"
  # Of another Java, as after an update of the system.
  printf '%s\n' 'JAVA_RUNTIME_VERSION="25.0.2+1"' >>"$new/release"
  said=$(LLMHOP_JAVA=$new/bin/java LLMHOP_JAVA_OPTS=-D\* "$llmhop" 2>"$work/err")
  [ "$said" = "$new/bin/java @$lib/jvm.options -D* -jar $lib/llmhop.jar" ] || die "it says: $said"
  grep -q "for another jar or Java; make it anew: llmhop aot $lib/llmhop.aot" "$work/err" || die "$(cat "$work/err")"
  rm "$lib/llmhop.aot" "$lib/llmhop.aot.for"
}

# Where no Java is new enough the launcher names what it saw: with a list of places in which there is only an old one.
no_java() {
  local homes=$prefix/lib/llmhop/java-homes.sh code=0 said
  cp "$homes" "$work/homes"
  # shellcheck disable=SC2016 # for the file
  printf 'each_java_home() { "$@" "%s"; }\n' "$1" >"$homes"
  said=$(JAVA_HOME=$work/nothing PATH=$(path_without_java) "$llmhop" --version 2>&1) || code=$?
  [ "$code" = 2 ] || die "without a Java it ends with $code: $said"
  case $said in
    "llmhop: no Java 25 or newer found."*"too old: Java $OLD_JAVA_RELEASE in $1"*) ;;
    *) die "without a Java it says: $said" ;;
  esac
  said=$(LLMHOP_JAVA=$work/nothing "$llmhop" --version 2>&1) && die "LLMHOP_JAVA may be nothing"
  [ "$said" = "llmhop: LLMHOP_JAVA names no program: $work/nothing" ] || die "it says: $said"
  mv "$work/homes" "$homes"
}

# Prints the PATH of a folder with the few programs that the launcher uses.
path_without_java() {
  local program
  mkdir -p "$work/few"
  for program in sh sed readlink; do ln -sf "$(command -v "$program")" "$work/few/$program"; done
  printf '%s' "$work/few"
}

# Makes the cache of what was installed, and serves with it.
serve() {
  local cache=$prefix/lib/llmhop/llmhop.aot
  (umask 077 && "$llmhop" aot "$cache") >"$work/log" 2>&1 || die "$(cat "$work/log")"
  [ "$(stat -c %a "$cache" "$cache.for" | tr '\n' ' ')" = "644 644 " ] || die "nobody else could read the cache"
  printf '{"listen": "unix://%s/http.sock", "models": {"m": {"url": "http://127.0.0.1:1"}}}\n' "$work" >"$work/config.json"
  LLMHOP_JAVA_OPTS=-XX:AOTMode=on "$llmhop" --config "$work/config.json" >"$work/out" 2>"$work/err" &
  router=$!
  for _ in $(seq 100); do
    ! "$llmhop" health --config "$work/config.json" >"$work/health" 2>&1 || break
    sleep 0.1
  done
  [ "$(cat "$work/health")" = '{"status":"ok","models":1}' ] || die "no health: $(cat "$work/health" "$work/err")"
  "$llmhop" health --ready --config "$work/config.json" >"$work/health" || die "not ready"
  kill "$router"
  wait "$router" || die "it ends with $?: $(cat "$work/err")"
  router=
  [ ! -s "$work/out" ] || die "something else than the access log is on stdout: $(cat "$work/out")"
  if "$llmhop" health --config "$work/config.json" >/dev/null 2>&1; then die "health says yes after the end"; fi
  upgrade
  ran "installed from the archive: llmhop aot makes the cache, llmhop serves with it, llmhop health asks it" "$SHOWS"
}

# Another jar takes the place of the one that the cache is for. Java would go on with the old one's classes.
upgrade() {
  local said
  mkdir "$work/newer"
  printf 'Implementation-Version: 9.9.9\n' >"$work/newer/manifest"
  "${JAVA%/java}/jar" --update --file "$prefix/lib/llmhop/llmhop.jar" --manifest "$work/newer/manifest" 2>/dev/null
  said=$("$llmhop" --version 2>"$work/err")
  [ "$said" = "llmhop 9.9.9" ] || die "after an upgrade it is still $said"
  grep -q "for another jar or Java" "$work/err" || die "nothing is said of the old cache: $(cat "$work/err")"
  "$llmhop" aot "$prefix/lib/llmhop/llmhop.aot" >"$work/log" 2>&1 || die "$(cat "$work/log")"
  said=$("$llmhop" --version 2>&1)
  [ "$said" = "llmhop 9.9.9" ] || die "with a new cache it says: $said"
}

main
