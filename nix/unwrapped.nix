# The jar with its launcher, which looks for a Java by itself. The same bytes as `make jar` with the same JDK.
{
  lib,
  stdenvNoCC,
  fetchurl,
  jdk25_headless,
}:
let
  facts = import ./build-facts.nix { inherit lib; };
in
stdenvNoCC.mkDerivation {
  pname = "llmhop-unwrapped";
  inherit (facts) version;
  src = import ./source.nix { inherit lib; };

  strictDeps = true;
  nativeBuildInputs = [ jdk25_headless ];
  env = {
    JAVA_HOME = jdk25_headless.home;
    JUNIT_JAR = fetchurl facts.junit;
  };

  # The time that Nix sets is before the oldest that a jar can hold; without it build.sh has a fixed one.
  buildPhase = ''
    runHook preBuild
    unset SOURCE_DATE_EPOCH
    ./build.sh jar
    runHook postBuild
  '';

  doCheck = true;
  __darwinAllowLocalNetworking = true;
  checkPhase = ''
    runHook preCheck
    make test
    runHook postCheck
  '';

  installPhase = ''
    runHook preInstall
    mkdir -p $out/bin $out/lib/llmhop
    cp bin/llmhop $out/bin/
    cp build/llmhop.jar bin/*.options bin/java-homes.sh $out/lib/llmhop/
    runHook postInstall
  '';

  meta = {
    description = "Model router before self-hosted inference servers";
    license = lib.licenses.mit;
    mainProgram = "llmhop";
    platforms = lib.platforms.unix;
  };
}
