# The AOT cache, made where the jar lies for good: it fits that path and that Java only, and isn't
# the same byte for byte when it is made again.
{
  curl,
  runCommand,
  llmhopJar,
  llmhopJava,
}:
let
  lib = "${llmhopJar}/lib/llmhop";
in
runCommand "llmhop-aot-${llmhopJar.version}"
  {
    nativeBuildInputs = [ curl ];
    AOT_JAVA = "${llmhopJava}/bin/java";
    AOT_JAR = "${lib}/llmhop.jar";
    AOT_JAVA_OPTS = "@${lib}/jvm.options";
    __darwinAllowLocalNetworking = true;
  }
  ''
    mkdir $out
    AOT_CACHE=$out/llmhop.aot sh ${../deploy/aot.sh}
  ''
