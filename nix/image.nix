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
    [
      "${java}/bin/java"
      "@${tree}/jvm.options"
    ]
    ++ flags
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
    Entrypoint = command cache;
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
    # Asks one question: a small heap, and no time for the optimising compiler. Times are in nanoseconds.
    Healthcheck = {
      Test = [
        "CMD"
      ]
      ++ command (
        cache
        ++ [
          "-Xmx16m"
          "-XX:TieredStopAtLevel=1"
        ]
      )
      ++ [ "health" ];
      Interval = 30000000000;
      Timeout = 5000000000;
      StartPeriod = 10000000000;
      Retries = 3;
    };
  };
}
