# The installed tree: bin/llmhop with a Java of its own, and the AOT cache that it starts faster with.
{
  lib,
  callPackage,
  runCommand,
  runtimeShell,
  stdenvNoCC,
  jdk25_headless,
  # The Java that runs it.
  llmhopJava ? jdk25_headless,
  withAotCache ? stdenvNoCC.buildPlatform.canExecute stdenvNoCC.hostPlatform,
}:
let
  unwrapped = callPackage ./unwrapped.nix { inherit jdk25_headless; };
  aot = callPackage ./aot.nix {
    llmhopJar = unwrapped;
    inherit llmhopJava;
  };

  # With another Java the cache would not fit.
  launcher = ''
    #!${runtimeShell}
    if [ -z "''${LLMHOP_JAVA:-}" ]; then
      export LLMHOP_JAVA=${llmhopJava}/bin/java
      ${lib.optionalString withAotCache ''
        export LLMHOP_JAVA_OPTS="-XX:AOTCache=${aot}/llmhop.aot ''${LLMHOP_JAVA_OPTS:-}"
      ''}
    fi
    exec ${unwrapped}/bin/llmhop "$@"
  '';
in
runCommand "llmhop-${unwrapped.version}"
  {
    pname = "llmhop";
    inherit (unwrapped) version meta;
    inherit launcher;
    passAsFile = [ "launcher" ];
    passthru = {
      inherit unwrapped llmhopJava;
      aot = if withAotCache then aot else null;
    };
  }
  ''
    mkdir -p $out/bin $out/lib/llmhop
    cp "$launcherPath" $out/bin/llmhop
    chmod 755 $out/bin/llmhop
    ln -s ${unwrapped}/lib/llmhop/* $out/lib/llmhop/
    ${lib.optionalString withAotCache "ln -s ${aot}/llmhop.aot $out/lib/llmhop/"}
  ''
