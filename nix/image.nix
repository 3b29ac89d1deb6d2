# The container image: no shell, no user of its own, nothing that has to be written to.
{
  lib,
  cacert,
  callPackage,
  dockerTools,
}:
let
  java = callPackage ./runtime.nix { llmhopJar = callPackage ./unwrapped.nix { }; };
  llmhop = callPackage ./package.nix { llmhopJava = java; };
  tree = "${llmhop.unwrapped}/lib/llmhop";

  command =
    flags:
    [ "${java}/bin/java" ]
    ++ flags
    ++ cache
    ++ [
      "-jar"
      "${tree}/llmhop.jar"
    ];
  cache = lib.optional (llmhop.aot != null) "-XX:AOTCache=${llmhop.aot}/llmhop.aot";
in
dockerTools.streamLayeredImage {
  name = "llmhop";
  tag = llmhop.version;
  extraCommands = ''
    mkdir -p etc/llmhop
    echo "hosts: files dns" >etc/nsswitch.conf
  '';
  config = {
    User = "65532:65532";
    WorkingDir = "/etc/llmhop";
    # No core of a crash, in which the tokens would be: a container may have no limit of its own.
    Entrypoint = command [
      "@${tree}/jvm.options"
      "-XX:-CreateCoredumpOnCrash"
    ];
    Cmd = [
      "--config"
      "/etc/llmhop/config.json"
    ];
    Env = [ "SSL_CERT_FILE=${cacert}/etc/ssl/certs/ca-bundle.crt" ];
    ExposedPorts."8080/tcp" = { };
    Labels = {
      "org.opencontainers.image.title" = "LLMhop";
      "org.opencontainers.image.licenses" = "MIT";
      "org.opencontainers.image.version" = llmhop.version;
    };
    StopSignal = "SIGTERM";
    # Times are in nanoseconds.
    Healthcheck = {
      Test = [
        "CMD"
      ]
      ++ command [ "@${tree}/health.options" ]
      ++ [ "health" ];
      Interval = 30000000000;
      Timeout = 5000000000;
      StartPeriod = 10000000000;
      Retries = 3;
    };
  };
}
