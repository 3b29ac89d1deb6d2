#!/bin/sh
# Builds LLMhop with a JDK's own javac and jar: sources in src, tests in test, results in build.
set -eu

VERSION=0.1.0
OLDEST_JAVA=25
LARGEST_JAR_BYTES=1500000
JAR=build/llmhop.jar

# What documentation must be. Tags that only repeat a signature may be missing; `lint` finds missing comments.
DOCLINT=all/protected,-missing

# The tools of `test`, `check` and `format`, the only place that names them:
# a short name, the Maven coordinates, the SHA-256 of the file.
TOOLS='
junit      org.junit.platform:junit-platform-console-standalone:6.0.3        3ba0d6150af79214a1411f9ea2fbef864eef68b68c89a17f672c0b89bff9d3a2
format     com.google.googlejavaformat:google-java-format:1.36.0:jar:all-deps  23696de05dd20d85c1449c8de9f2419030799508f5356570e979f7f96e59d8d6
errorprone com.google.errorprone:error_prone_core:2.50.0:jar:with-dependencies 8ec037a6d57c0d880ed78c6a67445e5018a17a89b42cb6847ddef9081c504378
dataflow   io.github.eisop:dataflow-errorprone:3.41.0-eisop1                 10434fba4e53f55fa9c76904cde414b918932548c9dfc4e2d634ac05ff7a7d10
'

# What error-prone only warns of, but is a mistake here. Its own errors are errors anyway.
PROMOTED='UnusedVariable UnusedMethod UnusedNestedClass MissingOverride FallThrough
  ReferenceEquality IntLongMath NarrowingCompoundAssignment ByteBufferBackingArray
  InputStreamSlowMultibyteRead NonAtomicVolatileUpdate DoubleCheckedLocking WaitNotInLoop Finally
  EqualsGetClass InconsistentHashCode BadInstanceof ClassCanBeStatic UnnecessaryAsync'

usage() {
  cat <<END
usage: ./build.sh STEP... [-- ARGUMENT...]

  compile    sources to build/classes
  jar        $JAR
  test       all tests; TESTS="LauncherTest json.JsonTest" for some, or: test -- ARGUMENTS OF THE JUNIT CONSOLE
  lint       format, warnings, error-prone, size, modules and reproducibility of the jar, shell scripts
  check      lint, then test
  format     puts every source file into google-java-format
  run        the router with CONFIG=FILE (default config.json), or: run -- ARGUMENTS OF THE ROUTER
  demo       test/demo/demo.sh: the router before two simulated inference servers, until Ctrl-C
  bench      test/bench/bench.sh: what it costs; BENCH_SHORT=1 for whether it works, in half a minute
  aot        build/llmhop.aot, a cache that bin/llmhop starts faster with
  image      test/deploy/image.sh: builds the container image with buildah and runs it, without Docker
  dist       build/dist: the archive to install from, the sources, their checksums
  deploy     test/deploy/deploy.sh: runs what is shipped as far as this machine can; PART... for some of it
  clients    test/clients/run.sh: OpenAI's and Anthropic's SDKs through the router
  chaos      test/chaos/chaos.sh: backends that misbehave, callers that do, configs that change; CHAOS_SHORT=1 in a minute
  vanished   test/vanished/vanished.sh: callers and backends whose machine is gone; needs root, a minute
  java       prints the java of the JDK that is used
  clean      removes what was built, keeps the fetched tools
  distclean  removes build

Needs a JDK $OLDEST_JAVA or newer: JAVA_HOME, else the PATH's, else where systems keep them.
Maven fetches the test tools once; JUNIT_JAR=FILE does without it for \`test\`.
END
}

# Prints each argument on a line of its own.
say() { printf '%s\n' "$@"; }

die() {
  printf 'build.sh: %s\n' "$*" >&2
  exit 1
}

# --- The JDK ---

# Prints the feature release (25) of the JDK in folder $1, nothing when it isn't a JDK.
jdk_release() {
  [ -n "$1" ] && [ -x "$1/bin/javac" ] && [ -x "$1/bin/jar" ] || return 0
  release=
  [ ! -f "$1/release" ] || release=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
  [ -n "$release" ] || release=$("$1/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
  printf '%s' "$release"
}

# Prints the home of the PATH's javac, which may be a link or a version manager's stand-in: it tells itself.
jdk_of_path() {
  command -v javac >/dev/null || return 0
  javac -J-XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p'
}

# Takes the JDK in folder $1 for all that follows when it is new enough.
use_jdk() {
  release=$(jdk_release "$1")
  [ -n "$release" ] || return 1
  if [ "$release" -lt "$OLDEST_JAVA" ]; then
    seen="$seen
  too old: Java $release in $1"
    return 1
  fi
  JAVA_HOME=$1
  PATH=$1/bin:$PATH
  export JAVA_HOME PATH
}

find_jdk() {
  seen=
  use_jdk "${JAVA_HOME:-}" && return
  use_jdk "$(jdk_of_path)" && return
  each_java_home use_jdk && return
  die "no JDK $OLDEST_JAVA or newer found.$seen
Install one (a JRE has no javac), then try again, or point JAVA_HOME at it:
  Debian, Ubuntu   apt install openjdk-$OLDEST_JAVA-jdk-headless   (or temurin-$OLDEST_JAVA-jdk of Adoptium)
  Fedora           dnf install java-$OLDEST_JAVA-openjdk-devel
  Arch             pacman -S jdk$OLDEST_JAVA-openjdk
  Alpine           apk add openjdk$OLDEST_JAVA
  macOS            brew install openjdk@$OLDEST_JAVA
  Nix              nix-shell -p jdk$OLDEST_JAVA
  SDKMAN!          sdk install java $OLDEST_JAVA-tem"
}

# --- Tools ---

sha256() {
  if command -v sha256sum >/dev/null; then
    sha256sum <"$1" | cut -d ' ' -f 1
  elif command -v shasum >/dev/null; then
    shasum -a 256 <"$1" | cut -d ' ' -f 1
  else
    openssl dgst -sha256 -r <"$1" | cut -d ' ' -f 1
  fi
}

# Sets `tool` to the jar of the tool named $1, fetched when it isn't there, its checksum verified each time.
use_tool() {
  if [ "$1" = junit ] && [ -n "${JUNIT_JAR:-}" ]; then
    [ -f "$JUNIT_JAR" ] || die "JUNIT_JAR names no file: $JUNIT_JAR"
    tool=$JUNIT_JAR
    return
  fi
  row=$(say "$TOOLS" | grep "^$1 ")
  # shellcheck disable=SC2086 # split at blanks on purpose: name, coordinates, checksum
  set -- $row
  tool=build/tools/$1-$(say "$2" | cut -d : -f 3).jar
  [ -f "$tool" ] || fetch "$2" "$tool"
  [ "$(sha256 "$tool")" = "$3" ] || die "$tool is not the file that $2 should be (SHA-256 differs); remove it and try again"
}

# Fetches the artifact with coordinates $1 to the file $2 through the Maven client and its settings.
fetch() {
  command -v mvn >/dev/null || die "$1 is needed once and Maven fetches it: install maven (or set JUNIT_JAR to run the tests offline)"
  say "fetch    $1"
  fetched=build/tools/fetched.$$
  mkdir -p "$fetched"
  if ! mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    "-Dartifact=$1" "-DoutputDirectory=$fetched" >"$fetched/log" 2>&1; then
    cat "$fetched/log" >&2
    rm -rf "$fetched"
    die "Maven could not fetch $1"
  fi
  mv "$fetched"/*.jar "$2"
  rm -rf "$fetched"
}

# --- Compile ---

# Runs find's action $2.. on each file under the folders $1 (blanks between them).
# Hidden files, editors' back-ups and fetched packages are nobody's source.
walk() {
  folders=$1
  shift
  # shellcheck disable=SC2086 # split at blanks on purpose
  find $folders -type d \( -name node_modules -o -name '.?*' \) -prune -o -type f ! -name '.*' ! -name '*~' "$@"
}

java_files() { walk "$1" -name '*.java' -print | LC_ALL=C sort; }

# Prints what the folders $1 hold and what they are built with: equal text, equal result.
fingerprint() {
  say "$JAVA_HOME" "${SOURCE_DATE_EPOCH:-}"
  [ ! -f "$JAVA_HOME/release" ] || cat "$JAVA_HOME/release"
  { walk "$1" -exec cksum {} + && cksum build.sh tools/*.java LICENSE; } | LC_ALL=C sort
}

# True when $1 is there and was made of what the folders $2 hold now and of the file $3, if any.
unchanged() {
  { fingerprint "$2" && say "${3:-}"; } >build/now
  [ -e "$1" ] && [ -e "$1.made-of" ] && cmp -s build/now "$1.made-of"
}

remember() { mv build/now "$1.made-of"; }

# Compiles src to the folder $1. Two go by themselves: the launcher, which an older Java must be able to run and
# which sees a Main without content, and what uses sun.misc.Signal, of which --release knows nothing.
# Strings are joined by plain code and lambdas are made into classes here, not by the JVM at run time: a third of
# the time before the first answer.
compile_to() {
  rm -rf "$1"
  mkdir -p "$1/META-INF"
  java_files src | grep -v -e '^src/llmhop/Launcher\.java$' -e '^src/llmhop/Signals\.java$' >build/sources
  say 'package llmhop; class Main { static void main(String[] arguments) {} }' >build/Main.java
  javac --release 8 -proc:none -Xlint:all,-options,-serial -Werror "-Xdoclint:$DOCLINT" \
    -d "$1" src/llmhop/Launcher.java build/Main.java
  javac --source "$OLDEST_JAVA" --target "$OLDEST_JAVA" -XDignore.symbol.file=true -proc:none \
    -Xlint:all,-options,-serial -Werror "-Xdoclint:$DOCLINT" -d "$1" src/llmhop/Signals.java
  javac --release "$OLDEST_JAVA" -proc:none -Xlint:all,-serial -Werror "-Xdoclint:$DOCLINT" \
    -XDstringConcat=inline --class-path "$1" -d "$1" @build/sources
  java tools/Lambdas.java "$1"
  copy_resources src "$1"
  cp LICENSE "$1/META-INF/LICENSE"
}

# Copies what is not Java under the folder $1 to the folder $2, where find's conditions $3.. hold.
copy_resources() {
  from=$1
  to=$2
  shift 2
  walk "$from" ! -name '*.java' "$@" -print | while IFS= read -r resource; do
    target=$to/${resource#"$from"/}
    mkdir -p "${target%/*}"
    cp "$resource" "$target"
  done
}

step_compile() {
  unchanged build/classes src && return
  rm -f build/classes.made-of
  say "compile  src"
  compile_to build/classes
  remember build/classes
}

# --- The jar ---

# Prints the time that all entries of the jar get: SOURCE_DATE_EPOCH, or a fixed one.
entry_date() {
  if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
    date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ
  else
    say 2026-01-01T00:00:00Z
  fi
}

# Packs the classes folder $1 into the jar $2.
pack() {
  printf '%s\n' "Main-Class: llmhop.Launcher" "Implementation-Title: LLMhop" "Implementation-Version: $VERSION" \
    "Enable-Native-Access: ALL-UNNAMED" >build/manifest
  (cd "$1" && find . -type f | sed 's|^\./||' | LC_ALL=C sort) | sed "s|^|-C $1 |" >build/entries
  jar --create --file "$2.new" --date="$(entry_date)" --manifest build/manifest @build/entries
  mv "$2.new" "$2"
}

step_jar() {
  step_compile
  [ -f "$JAR" ] && cmp -s build/classes.made-of "$JAR.made-of" && return
  say "jar      $JAR"
  pack build/classes "$JAR"
  cp build/classes.made-of "$JAR.made-of"
}

# --- Tests ---

# Compiles test, but for the folders that bring their own way to run.
compile_tests() {
  use_tool junit
  junit=$tool
  unchanged build/test-classes 'src test' "$junit" && return
  rm -f build/test-classes.made-of
  say "compile  test"
  rm -rf build/test-classes
  mkdir -p build/test-classes
  java_files test/llmhop >build/test-sources
  javac --release "$OLDEST_JAVA" -proc:none -Xlint:all,-serial -Werror --class-path "build/classes:$junit" \
    -d build/test-classes @build/test-sources
  copy_resources test build/test-classes \
    ! -path 'test/bench/*' ! -path 'test/chaos/*' ! -path 'test/clients/*' ! -path 'test/demo/*' ! -path 'test/deploy/*'
  remember build/test-classes
}

# Prints the console's arguments for the classes that TESTS names, with or without their packages.
selected_tests() {
  [ -n "${TESTS:-}" ] || say "--scan-class-path=build/test-classes"
  for name in ${TESTS:-}; do
    simple=${name##*.}
    found=$(java_files test/llmhop | grep "/${simple%%#*}\.java$") || die "TESTS names no test class: $name"
    for file in $found; do
      class=$(say "${file#test/}" | sed 's/\.java$//' | tr / .)
      case $name in
        *'#'*) say "--select-method=$class#${name#*#}" ;;
        *) say "--select-class=$class" ;;
      esac
    done
  done
}

# Runs the tests; $@ replaces the choice of tests. The last line is the result; endless lines (a failed
# comparison of large bodies) are cut.
step_test() {
  step_jar
  compile_tests
  if [ $# -eq 0 ]; then
    chosen=$(selected_tests)
    # shellcheck disable=SC2086 # one argument each: class names hold no blanks
    set -- $chosen
  fi
  say "test     ${TESTS:-all}"
  { run_console "$@" && echo 0 >build/test-status || echo 1 >build/test-status; } 2>&1 |
    LC_ALL=C cut -c 1-1000 | tee build/test-output
  passed=$(count 'tests successful')
  failed=$(($(count 'tests failed') + $(count 'containers failed')))
  skipped=$(($(count 'tests skipped') + $(count 'tests aborted')))
  # A console that ended before it counted, or found no test, did not succeed.
  [ "$(cat build/test-status)" = 0 ] || [ "$failed" -gt 0 ] || failed=1
  [ "$passed" -gt 0 ] || [ "$failed" -gt 0 ] || failed=1
  summary="$passed passed, $failed failed"
  [ "$skipped" -eq 0 ] || summary="$summary, $skipped skipped"
  say "$summary"
  [ "$failed" -eq 0 ]
}

# FUZZ_SECONDS and LONG=true give the loops that are short in `test` their long form; the long ones need the
# memory for themselves.
# A test that has no `@Timeout` of its own ends after five minutes, so that a test that waits for ever fails by name.
# The classes are on the JVM's own class path: the JDK looks for providers of HTTP servers there.
run_console() {
  java -ea -Xmx1g --enable-native-access=ALL-UNNAMED "-Dllmhop.jar=$JAR" -Dllmhop.classes=build/classes \
    "-Dllmhop.fuzz.seconds=${FUZZ_SECONDS:-3}" "-Dllmhop.long=${LONG:-false}" -Dllmhop.checkBuffers=true \
    -Djunit.jupiter.extensions.autodetection.enabled=true \
    "-Djunit.jupiter.execution.parallel.enabled=$([ "${LONG:-}" = true ] && echo false || echo true)" \
    "-Djunit.jupiter.execution.timeout.default=$([ "${LONG:-}" = true ] && echo 1 h || echo 5 m)" \
    -Dllmhop.kit.patience.seconds=20 -cp "$junit:build/test-classes:build/classes" \
    org.junit.platform.console.ConsoleLauncher execute \
    --disable-banner --disable-ansi-colors --details=summary --fail-if-no-tests "$@"
}

# Prints the number before the words $1 in the console's closing summary.
count() {
  number=$(sed -n "s/^\[ *\([0-9][0-9]*\) $1 *\]\$/\1/p" build/test-output | tail -n 1)
  printf '%s' "${number:-0}"
}

# --- Lint ---

step_lint() {
  step_jar
  check_format
  compile_tests
  check_documentation
  check_error_prone
  check_jar
  check_scripts
}

check_format() {
  say "check    format"
  find_long_documentation
  use_tool format
  java -jar "$tool" --dry-run --set-exit-if-changed @build/formatted ||
    die "these files are not in google-java-format: ./build.sh format"
}

# The formatter breaks longer documentation lines into code. Bytes that continue a character don't count.
find_long_documentation() {
  java_files 'src test tools' >build/formatted
  # shellcheck disable=SC2046 # our own file names hold no blanks
  LC_ALL=C awk '/^ *\/\/\// { line = $0; gsub(/[\200-\277]/, "", line)
      if (length(line) > 100) { print FILENAME ":" FNR ": a /// line of more than 100 columns"; bad = 1 } }
    END { exit bad }' $(cat build/formatted) || die "shorten these lines: the formatter would break them"
}

check_documentation() {
  say "check    documentation"
  java_files src >build/checked
  javac --release "$OLDEST_JAVA" -proc:none -Xdoclint:missing/protected -Xmaxwarns 10000 --should-stop=ifNoError=FLOW \
    -d build/again @build/checked >build/documentation 2>&1 || die "$(cat build/documentation)"
  if grep -A 1 ': warning: no comment' build/documentation; then die "these lack a comment"; fi
}

check_error_prone() {
  say "check    error-prone"
  use_tool errorprone
  errorprone=$tool
  use_tool dataflow
  options="-Xplugin:ErrorProne -XepDisableAllWarnings"
  for name in $PROMOTED; do options="$options -Xep:$name:ERROR"; done
  set --
  for package in api file main model parser processing tree util; do
    set -- "$@" "-J--add-exports=jdk.compiler/com.sun.tools.javac.$package=ALL-UNNAMED"
  done
  for package in code comp; do
    set -- "$@" "-J--add-opens=jdk.compiler/com.sun.tools.javac.$package=ALL-UNNAMED"
  done
  rm -rf build/error-prone
  { cat build/sources build/test-sources && say src/llmhop/Launcher.java tools/Lambdas.java; } >build/checked
  javac "$@" --release "$OLDEST_JAVA" -proc:none -XDcompilePolicy=simple --should-stop=ifError=FLOW \
    -processorpath "$errorprone:$tool" "$options" --class-path "build/classes:$junit" -d build/error-prone @build/checked
  rm -rf build/error-prone
}

check_jar() {
  say "check    jar"
  bytes=$(wc -c <"$JAR")
  [ "$bytes" -lt "$LARGEST_JAR_BYTES" ] || die "$JAR has $bytes bytes, $LARGEST_JAR_BYTES are the limit"
  jdeps -summary "$JAR" >build/modules || die "$(cat build/modules)"
  foreign=$(sed 's/.* -> //' build/modules | grep -v -E '^(java|jdk)\.[a-z.]+$' || true)
  [ -z "$foreign" ] || die "$JAR needs more than the JDK's modules: $foreign"
  compile_to build/again
  pack build/again build/again.jar
  cmp "$JAR" build/again.jar || die "two builds of the same sources differ"
  rm -rf build/again build/again.jar
}

check_scripts() {
  if ! command -v shellcheck >/dev/null; then
    say "check    scripts: skipped, shellcheck is not installed"
    return
  fi
  say "check    scripts"
  # shellcheck disable=SC2046 # our own file names hold no blanks
  shellcheck -x build.sh .ci/run bin/llmhop $(walk 'bin deploy test' -name '*.sh' -print)
}

step_check() {
  step_lint
  step_test
}

step_format() {
  find_long_documentation
  use_tool format
  java -jar "$tool" --replace @build/formatted
}

# --- Run ---

step_java() { say "$JAVA_HOME/bin/java"; }

step_run() {
  step_jar
  if [ $# -eq 0 ]; then
    set -- --config "${CONFIG:-config.json}"
    [ -f "$2" ] || die "there is no $2: make run CONFIG=FILE; config.example.json shows what goes in"
  fi
  exec java -jar "$JAR" "$@"
}

# --- What has a script of its own; java of the JDK that was found is on the PATH ---

step_demo() {
  step_jar
  exec test/demo/demo.sh
}

step_bench() {
  step_jar
  test/bench/bench.sh "$@"
}

# AOT_JAVA_OPTS: other flags for llmhop than bin/llmhop gives it; AOT_CACHE: another file.
step_aot() {
  step_jar
  if [ -n "${AOT_JAVA_OPTS+set}" ]; then
    # shellcheck disable=SC2086 # several flags in one variable
    java $AOT_JAVA_OPTS -jar "$JAR" aot "${AOT_CACHE:-build/llmhop.aot}"
  else
    LLMHOP_JAVA=$JAVA_HOME/bin/java bin/llmhop aot "${AOT_CACHE:-build/llmhop.aot}"
  fi
}

step_image() {
  step_jar
  test/deploy/image.sh
}

step_dist() {
  step_jar
  deploy/dist.sh
}

step_deploy() {
  step_jar
  test/deploy/deploy.sh "$@"
}

step_chaos() {
  step_jar
  test/chaos/chaos.sh
}

step_vanished() {
  step_jar
  test/vanished/vanished.sh
}

step_clients() {
  step_jar
  test/clients/run.sh "$@"
}

# --- Clean ---

step_clean() {
  [ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name tools -exec rm -rf {} +
}

step_distclean() { rm -rf build; }

# --- One step after the other; what follows `--` goes to the last of them ---

cd -- "$(dirname -- "$0")"
. bin/java-homes.sh
unset CLASSPATH
steps=
while [ $# -gt 0 ]; do
  case $1 in
    compile | jar | test | lint | check | format | run | demo | bench | aot | image | dist | deploy | clients | chaos | vanished | java | clean | distclean) steps="$steps $1" ;;
    -h | --help | help) usage && exit ;;
    --) shift && break ;;
    *) usage >&2 && die "unknown step: $1" ;;
  esac
  shift
done
[ -n "$steps" ] || { usage >&2 && exit 1; }

jdk_found=
for step in $steps; do
  case $step in
    clean | distclean) ;;
    *)
      [ -n "$jdk_found" ] || find_jdk
      jdk_found=yes
      mkdir -p build/tools
      ;;
  esac
  if [ "$step" = "${steps##* }" ]; then "step_$step" "$@"; else "step_$step"; fi
done
