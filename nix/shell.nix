# What `make` has targets for.
{
  curl,
  gnumake,
  jdk25,
  maven,
  mkShell,
  nginx,
  nodejs,
  shellcheck,
  wrk,
}:
mkShell {
  packages = [
    curl
    gnumake
    jdk25
    maven
    nginx
    nodejs
    shellcheck
    wrk
  ];
  JAVA_HOME = jdk25.home;
}
