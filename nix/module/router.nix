# llmhop.service.
{
  config,
  lib,
  utils,
  ...
}:
let
  cfg = config.services.llmhop;
  listen = import ./listen.nix { inherit lib; } cfg.settings;
  seconds = import ./seconds.nix { inherit lib; };
  file = "llmhop/config.json";

  # What the router can't change while it runs; of all else a reload takes care.
  fixed = lib.filterAttrs (key: _: lib.elem key fixedKeys) cfg.settings;
  fixedKeys = [
    "host"
    "http"
    "instance"
    "listen"
    "log"
    "maxBufferedBytes"
    "port"
    "tls"
  ];

  # Capabilities of a user namespace don't reach the machine's network.
  lowPort = lib.any (address: address.port != 0 && address.port < 1024) listen;
  capabilities = lib.optionalAttrs lowPort {
    AmbientCapabilities = "CAP_NET_BIND_SERVICE";
    CapabilityBoundingSet = "CAP_NET_BIND_SERVICE";
    PrivateUsers = false;
  };

  # Until requests have ended: drainDelay, drain, and some time to leave.
  stop = seconds (cfg.settings.drainDelay or "0s") + seconds (cfg.settings.drain or "600s") + 30;
in
{
  config = lib.mkIf cfg.enable {
    systemd.services.llmhop = {
      description = "LLMhop, a model router";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      reloadTriggers = [ config.environment.etc.${file}.source ];
      restartTriggers = [ (builtins.hashString "sha256" (builtins.toJSON fixed)) ];
      unitConfig.StartLimitIntervalSec = 0;
      # On a restart the old one runs until the new system is in place.
      stopIfChanged = false;

      serviceConfig =
        import ./hardening.nix
        // {
          Type = "notify-reload";
          ExecStart = utils.escapeSystemdExecArgs [
            (lib.getExe cfg.package)
            "--config"
            "/etc/${file}"
          ];
          Restart = "on-failure";
          RestartSec = 2;
          # A config that it can't start with stays one.
          RestartPreventExitStatus = 1;
          # The JVM's word for SIGTERM, when it came before the router was up.
          SuccessExitStatus = 143;
          TimeoutStopSec = stop;
          RuntimeDirectory = "llmhop";
          LimitCORE = 0;
          LimitNOFILE = 20000;
          TasksMax = 1024;

          DevicePolicy = "closed";
          PrivateDevices = true;
          PrivateIPC = true;
          # Not ProcSubset=pid: Java takes a machine without /proc/net/if_inet6 for one without IPv6.
          SystemCallFilter = [
            "@system-service"
            "~@aio @ipc @keyring @memlock @privileged @resources @setuid"
            "~kcmp name_to_handle_at personality setns tee unshare userfaultfd vmsplice"
            "memfd_create pipe pipe2"
          ];
        }
        // capabilities;
    };
  };
}
