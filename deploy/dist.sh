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
  staged=$(mktemp -d)
  trap 'rm -rf "$staged"' EXIT
  rm -rf "$DIST"
  mkdir -p "$DIST"
  stage_program "$staged/$NAME"
  pack "$NAME" "$DIST/$NAME.tar.gz"
  stage_sources "$staged/$NAME-src"
  pack "$NAME-src" "$DIST/$NAME-src.tar.gz"
  cp build/llmhop.jar "$DIST/$NAME.jar"
  (cd "$DIST" && sums "$NAME-src.tar.gz" "$NAME.jar" "$NAME.tar.gz") >"$staged/sums"
  cp "$staged/sums" "$DIST/SHA256SUMS"
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

# Puts the installed tree into the folder $1: unpack it over /usr/local.
stage_program() {
  mkdir -p "$1/bin" "$1/lib/llmhop" "$1/lib/systemd/system" "$1/share/doc/llmhop"
  cp bin/llmhop "$1/bin"
  cp build/llmhop.jar bin/jvm.options bin/health.options bin/java-homes.sh "$1/lib/llmhop"
  cp deploy/systemd/llmhop.service deploy/systemd/llmhop.socket "$1/lib/systemd/system"
  cp -R README.md CHANGELOG.md LICENSE config.example.json docs "$1/share/doc/llmhop"
}

# Puts the sources into the folder $1: all that git does not ignore, or all but what was built where there is no git.
stage_sources() {
  mkdir -p "$1"
  if [ -e .git ]; then
    git ls-files -z --cached --others --exclude-standard
  else
    find . -name build -prune -o -name node_modules -prune -o -type f -print0
  fi >"$staged/list"
  "$tar" --create --file "$staged/sources" --null --files-from "$staged/list"
  "$tar" --extract --file "$staged/sources" --directory "$1"
  [ ! -e .git ] || [ -z "$(git status --porcelain)" ] || printf 'dist     note: files differ from the last commit\n'
}

# Packs the staged folder $1 into the file $2. Of the permissions only whether it can be run is kept.
pack() {
  chmod -R u=rwX,go=rX "$staged/$1"
  "$tar" --create --directory "$staged" --format ustar --sort name --mtime "@$EPOCH" --owner 0 --group 0 \
    --numeric-owner "$1" | gzip -9 -n >"$2"
}

sums() {
  if command -v sha256sum >/dev/null; then
    sha256sum "$@"
  else
    shasum -a 256 "$@"
  fi
}

main
