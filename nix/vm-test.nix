# A machine with the router, a backend, and an engine that is run beside it: vm-test.py looks at it from inside.
{
  lib,
  testers,
  writeShellScriptBin,
}:
testers.runNixOSTest {
  name = "llmhop";
  testScript = builtins.readFile ./vm-test.py;

  nodes.machine =
    { config, ... }:
    let
      llmhop = lib.getExe config.services.llmhop.package;

      # llama-server as the module starts it, with simulated answers.
      llamaServer = writeShellScriptBin "llama-server" ''
        [ "$1 $3 $5" = "--host --port --alias" ] || exit 1
        exec ${llmhop} simulate --host "$2" --port "$4" --model "$6" --ttft 10ms
      '';
    in
    {
      imports = [ ./module ];
      virtualisation.memorySize = 2048;
      system.switch.enable = true;

      # A secret of the machine; a real one is not in the store.
      environment.etc."llmhop-token" = {
        text = "a-token-of-the-test";
        mode = "0400";
      };

      systemd.services.simulated = {
        wantedBy = [ "multi-user.target" ];
        serviceConfig.ExecStart = "${llmhop} simulate --port 8001 --model far --ttft 10ms";
      };

      services.llmhop = {
        enable = true;
        openFirewall = true;
        credentials.token = "/etc/llmhop-token";
        settings = {
          listen = "0.0.0.0:8080";
          log = "text";
          drain = "5s";
          authTokens = [ "\${cred:token}" ];
          models.far.url = "http://127.0.0.1:8001";
        };
        llama-cpp.models.tiny.package = llamaServer;
      };

      specialisation.changed.configuration.services.llmhop.settings.models.another.url =
        "http://127.0.0.1:8001";
    };
}
