# The AOT cache, made where the jar lies for good: it fits that path and that Java only, and isn't
# the same byte for byte when it is made again.
{
  runCommand,
  llmhopJar,
  llmhopJava,
}:
let
  tree = "${llmhopJar}/lib/llmhop";
in
runCommand "llmhop-aot-${llmhopJar.version}" { __darwinAllowLocalNetworking = true; } ''
  mkdir $out
  ${llmhopJava}/bin/java @${tree}/jvm.options -jar ${tree}/llmhop.jar aot $out/llmhop.aot
''
