# An engine's options, units and routes: services.llmhop.<engine>.models.<name> runs an inference server of its own,
# llmhop knows it without being told, and its unit is ready when it answers /health.
#
#   engine         the name of the options, and the beginning of the units' names
#   kind           the same in the router's config
#   package        the option of that name, given pkgs
#   modelOptions   further options of a model
#   command        the server's command, given package, model and flags
#   negated        whether `false` in settings is --no-key
#   environment    variables, given the folder of the cache
#   serviceConfig  what its units have beside the hardening
{
  engine,
  kind,
  package,
  modelOptions ? _: { },
  command,
  negated,
  environment,
  serviceConfig ? { },
}:
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.services.llmhop.${engine};
  hardening = import ./hardening.nix;
  flags = import ./flags.nix { inherit lib negated; };
  portOf = import ./port.nix { inherit lib; };
  waitFor = import ./wait.nix { inherit lib pkgs; };

  models = lib.filterAttrs (_: model: model.enable) cfg.models;
  ordered = lib.sort (a: b: a.port < b.port) (lib.attrValues models);
  unitOf = model: "${engine}-${model.name}";

  # The units that start before the model's.
  earlier =
    model: lib.optionals cfg.startupOrdering (lib.filter (other: other.port < model.port) ordered);

  service =
    model:
    let
      folder = "${engine}/${model.name}";
      cache = "/var/cache/${folder}";
    in
    {
      description = "${engine} with the model ${model.name}";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ] ++ map (other: "${unitOf other}.service") (earlier model);
      unitConfig.StartLimitIntervalSec = 0;
      environment = {
        HOME = cache;
        HF_HOME = "${cache}/huggingface";
        XDG_CACHE_HOME = cache;
      }
      // environment cache
      // cfg.environment
      // model.environment;

      serviceConfig =
        hardening
        // {
          Type = "exec";
          ExecStart = utils.escapeSystemdExecArgs (
            command {
              inherit lib model;
              inherit (model) package;
              flags = flags (cfg.modelSettings // model.settings);
            }
          );
          # The engines don't tell systemd when they are ready.
          ExecStartPost = waitFor model.port;
          # It may have to load its weights from the network first.
          TimeoutStartSec = 3600;
          # Engines end with 0 when what computes has died.
          Restart = "always";
          RestartSec = 30;
          KillSignal = "SIGINT";
          SuccessExitStatus = "130 143";

          CacheDirectory = folder;
          StateDirectory = folder;
          WorkingDirectory = "/var/lib/${folder}";
          EnvironmentFile =
            lib.optional (cfg.environmentFile != null) cfg.environmentFile
            ++ lib.optional (model.environmentFile != null) model.environmentFile;

          # What is shared with a GPU is locked memory.
          LimitMEMLOCK = "infinity";
          LimitNOFILE = cfg.openFilesLimit;
          DevicePolicy = "closed";
          DeviceAllow = import ./gpus.nix;
          SupplementaryGroups = [
            "render"
            "video"
          ];
          # NCCL looks at the machine's network interfaces.
          RestrictAddressFamilies = hardening.RestrictAddressFamilies ++ [ "AF_NETLINK" ];
        }
        // serviceConfig
        // model.serviceConfig;
    };

  shared = import ./engine-options.nix { inherit lib engine; };

  model =
    { name, config, ... }:
    {
      options = shared.ofModels // modelOptions { inherit lib; };
      config = {
        name = lib.mkDefault name;
        port = lib.mkDefault (portOf "${engine}/${config.name}");
        package = lib.mkDefault cfg.package;
      };
    };
in
{
  options.services.llmhop.${engine} = shared.ofEngines // {
    enable = mkOption {
      type = types.bool;
      default = cfg.models != { };
      defaultText = lib.literalExpression "models != { }";
      description = "Whether to run ${engine} for the `models`.";
    };
    package = package { inherit lib pkgs; };
    models = mkOption {
      type = types.attrsOf (types.submodule model);
      default = { };
      description = "The models to serve, each by a unit `${engine}-<name>` of its own.";
    };
  };

  config = lib.mkIf cfg.enable {
    services.llmhop = {
      servers = lib.mapAttrs' (
        key: model:
        lib.nameValuePair "${engine}.models.${key}" {
          unit = unitOf model;
          inherit (model) name port;
        }
      ) models;
      settings.models = lib.mapAttrs' (
        _: model:
        lib.nameValuePair model.name {
          url = lib.mkDefault "http://127.0.0.1:${toString model.port}";
          kind = lib.mkDefault kind;
        }
      ) models;
    };
    systemd.services = lib.mapAttrs' (
      _: model: lib.nameValuePair (unitOf model) (service model)
    ) models;
  };
}
