#!/bin/sh
# Makes the files of the container image: root.sh ROOT CACHE, two folders that are made. ROOT gets all but the AOT
# cache, the same bytes each time; CACHE gets the cache. The Dockerfile calls it, after ./build.sh jar.
#
# A cache fits one Java at one path and one jar of one time, so all of it is put together in /opt/llmhop, where it
# will run, with the times that it will have.
set -eu

PREFIX=/opt/llmhop
EPOCH=${SOURCE_DATE_EPOCH:-1767225600}
USER_ID=65532

ROOT=$1
CACHE=$2
cd -- "$(dirname -- "$0")/../.."
umask 022
java=$(./build.sh java)
jdk=${java%/bin/java}

die() {
  printf 'root.sh: %s\n' "$*" >&2
  exit 1
}

for folder in "$PREFIX" "$ROOT" "$CACHE"; do
  [ ! -e "$folder" ] || die "$folder is there already"
done

# The Java runtime of the modules that the jar uses, with no program but java.
modules=$("$jdk/bin/jdeps" --print-module-deps build/llmhop.jar)
mkdir -p "$PREFIX"
"$jdk/bin/jlink" --add-modules "$modules" --strip-java-debug-attributes --no-header-files --no-man-pages \
  --output "$PREFIX/runtime"
find "$PREFIX/runtime/bin" -type f ! -name java -exec rm {} +
cp build/llmhop.jar bin/jvm.options bin/health.options "$PREFIX"
find "$PREFIX" -exec touch -h -d "@$EPOCH" {} +

# The libraries of the system that the runtime's own ask for, at the paths that they are asked for at. The runtime
# finds its own beside itself, also where ldd finds the JDK's.
mkdir -p "$ROOT/opt" "$ROOT/etc/llmhop" "$ROOT/dev" "$ROOT/proc" "$ROOT/run" "$ROOT/sys"
find "$PREFIX/runtime" -type f \( -name '*.so' -o -path '*/bin/java' \) -exec ldd {} + |
  sed -n -e 's|^.* => \(/[^ ]*\) (.*|\1|p' -e 's|^[[:blank:]]*\(/[^ ]*\) (.*|\1|p' | LC_ALL=C sort -u |
  while IFS= read -r library; do
    [ -z "$(find "$PREFIX/runtime" -name "${library##*/}")" ] || continue
    mkdir -p "$ROOT${library%/*}"
    cp -L "$library" "$ROOT$library"
  done
[ -n "$(find "$ROOT" -name 'libc.so*')" ] || die "ldd names no C library"
printf '%s\n' "root:x:0:0::/:" "llmhop:x:$USER_ID:$USER_ID::/:" >"$ROOT/etc/passwd"
printf '%s\n' "root:x:0:" "llmhop:x:$USER_ID:" >"$ROOT/etc/group"
printf '%s\n' "hosts: files dns" >"$ROOT/etc/nsswitch.conf"
cp -a "$PREFIX" "$ROOT/opt/llmhop"

"$PREFIX/runtime/bin/java" "@$PREFIX/jvm.options" -jar "$PREFIX/llmhop.jar" aot "$PREFIX/llmhop.aot"
mkdir -p "$CACHE/opt/llmhop"
mv "$PREFIX/llmhop.aot" "$CACHE/opt/llmhop"

find "$ROOT" "$CACHE" -exec touch -h -d "@$EPOCH" {} +
