#!/bin/sh
# Makes build/dist: the archive to install from, the sources, the jar by itself, and their SHA-256 sums. The same
# files give the same bytes, whoever makes them, where and when. `make dist` builds the jar and calls this.
#
#   SOURCE_DATE_EPOCH   the time that everything in the archives gets, as for the jar
set -eu

cd -- "$(dirname -- "$0")/.."
VERSION=$(sed -n 's/^VERSION=//p' build.sh)
EPOCH=${SOURCE_DATE_EPOCH:-1767225600}
NAME=llmhop-$VERSION
DIST=build/dist

main() {
  umask 022
  find_tar
  staged=build/dist.new
  rm -rf "$staged"
  mkdir -p "$staged/done"
  stage_program "$staged/$NAME"
  pack "$NAME" "$staged/done/$NAME.tar.gz"
  stage_sources "$staged/$NAME-src"
  pack "$NAME-src" "$staged/done/$NAME-src.tar.gz"
  cp build/llmhop.jar "$staged/done/$NAME.jar"
  (cd "$staged/done" && sums "$NAME-src.tar.gz" "$NAME.jar" "$NAME.tar.gz") >"$staged/sums"
  mv "$staged/sums" "$staged/done/SHA256SUMS"
  rm -rf "$DIST"
  mv "$staged/done" "$DIST"
  rm -rf "$staged"
  printf 'dist     %s\n' "$DIST"/*
}

die() {
  printf 'dist.sh: %s\n' "$*" >&2
  exit 1
}

# Sets `tar` to GNU tar, the one that can be told what a header says.
find_tar() {
  for tar in tar gtar; do
    ! "$tar" --version 2>/dev/null | grep -q 'GNU tar' || return 0
  done
  die "GNU tar is needed: brew install gnu-tar"
}

# Puts the installed tree into the folder $1: unpack it over /usr/local. Its docs lie beside what they link to, but for
# the sources.
stage_program() {
  mkdir -p "$1/bin" "$1/lib/llmhop" "$1/lib/systemd/system" "$1/share/doc/llmhop"
  cp bin/llmhop "$1/bin"
  cp build/llmhop.jar bin/jvm.options bin/health.options bin/java-homes.sh "$1/lib/llmhop"
  cp deploy/systemd/llmhop.service deploy/systemd/llmhop.socket "$1/lib/systemd/system"
  cp -R CHANGELOG.md LICENSE compose.yaml config.example.json docs "$1/share/doc/llmhop"
  mkdir "$1/share/doc/llmhop/bin" "$1/share/doc/llmhop/deploy"
  cp bin/jvm.options "$1/share/doc/llmhop/bin"
  cp -R deploy/helm deploy/kubernetes deploy/systemd "$1/share/doc/llmhop/deploy"
  mkdir "$1/share/doc/llmhop/deploy/compose"
  cp -R deploy/compose/config deploy/compose/token.sh "$1/share/doc/llmhop/deploy/compose"
  sed 's|\[\([^]]*\)\](src/[^)]*)|\1|g' README.md >"$1/share/doc/llmhop/README.md"
}

# Puts the sources into the folder $1: what git has, or where there is no git, as in what this makes, all but what git
# would ignore.
stage_sources() {
  mkdir -p "$1"
  if [ -e .git ]; then
    git ls-files -z
  else
    find . \( -path ./build -o -path ./config.json -o -path ./deploy/compose/secrets -o -name node_modules \
      -o -name '.env*' -o -name '*.class' -o -name 'hs_err_pid*.log' \) -prune -o \( -type f -o -type l \) -print0
  fi >"$staged/list"
  "$tar" --create --file "$staged/sources" --null --files-from "$staged/list"
  "$tar" --extract --file "$staged/sources" --directory "$1"
  [ ! -e .git ] || [ -z "$(git status --porcelain)" ] || printf 'dist     note: files differ from the last commit\n'
}

# Packs the files of the staged folder $1 into the file $2. Of the permissions only whether it can be run is kept.
# Folders are left out, so that unpacking over /usr/local changes none that is there.
pack() {
  chmod -R u=rwX,go=rX "$staged/$1"
  (cd "$staged" && find "$1" ! -type d | LC_ALL=C sort) >"$staged/list"
  "$tar" --create --file "$staged/archive" --directory "$staged" --format ustar --mtime "@$EPOCH" --owner 0 --group 0 \
    --numeric-owner --files-from "$staged/list"
  gzip -9 -n <"$staged/archive" >"$2"
}

sums() {
  if command -v sha256sum >/dev/null; then
    sha256sum "$@"
  else
    shasum -a 256 "$@"
  fi
}

main
