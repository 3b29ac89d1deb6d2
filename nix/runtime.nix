# A Java with the modules that llmhop needs and nothing else.
{
  lib,
  jdk25_headless,
  patchelf,
  runCommand,
  stdenvNoCC,
  llmhopJar,
}:
runCommand "llmhop-java-${jdk25_headless.version}"
  {
    nativeBuildInputs = [
      jdk25_headless
    ]
    ++ lib.optional stdenvNoCC.hostPlatform.isLinux patchelf;
  }
  ''
    modules=$(jdeps --print-module-deps ${llmhopJar}/lib/llmhop/llmhop.jar)
    jlink --add-modules "$modules" --strip-java-debug-attributes --no-header-files --no-man-pages --output $out
    find $out/bin -type f ! -name java -exec rm {} +
    ${lib.optionalString stdenvNoCC.hostPlatform.isLinux ''
      # Else the libraries would keep the whole JDK in the image.
      find $out/bin $out/lib -type f \( -name '*.so' -o -perm -0100 \) -exec patchelf --shrink-rpath {} +
    ''}
  ''
