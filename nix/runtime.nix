# A Java with the modules that llmhop needs and nothing else.
{
  lib,
  jdk25_headless,
  patchelf,
  runCommand,
  stdenvNoCC,
}:
runCommand "llmhop-java-${jdk25_headless.version}"
  {
    nativeBuildInputs = [
      jdk25_headless
    ]
    ++ lib.optional stdenvNoCC.hostPlatform.isLinux patchelf;
  }
  ''
    jlink --add-modules java.base,jdk.httpserver,jdk.net,jdk.unsupported \
      --strip-java-debug-attributes --no-header-files --no-man-pages --output $out
    ${lib.optionalString stdenvNoCC.hostPlatform.isLinux ''
      # Else the libraries would keep the whole JDK in the image.
      find $out/bin $out/lib -type f \( -name '*.so' -o -perm -0100 \) -exec patchelf --shrink-rpath {} +
    ''}
  ''
