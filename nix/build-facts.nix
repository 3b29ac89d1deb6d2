# What build.sh says, so that nothing here repeats it: the version, and where its JUnit comes from.
{ lib }:
let
  lines = lib.splitString "\n" (builtins.readFile ../build.sh);

  # The groups of the expression in the first line that it matches.
  groups =
    expression:
    lib.findFirst (found: found != null) (throw "build.sh has no line like ${expression}") (
      map (builtins.match expression) lines
    );

  junit = groups "junit +([^: ]+):([^: ]+):([^: ]+) +([0-9a-f]{64})";
  group = builtins.elemAt junit 0;
  artifact = builtins.elemAt junit 1;
  release = builtins.elemAt junit 2;
in
{
  version = builtins.head (groups "VERSION=([0-9.]+)");

  # Arguments of fetchurl.
  junit = {
    url = "mirror://maven/${
      builtins.replaceStrings [ "." ] [ "/" ] group
    }/${artifact}/${release}/${artifact}-${release}.jar";
    sha256 = builtins.elemAt junit 3;
  };
}
