# Options that every engine has, and every model of an engine.
{ lib, engine }:
let
  inherit (lib) mkOption types;

  environment = mkOption {
    type = types.attrsOf types.str;
    default = { };
    description = "Environment variables; a model's win over the engine's.";
  };

  environmentFile = mkOption {
    type = types.nullOr (types.strMatching "/.+");
    default = null;
    description = "File of `NAME=value` lines for what is secret, such as `HF_TOKEN`; a model's wins over the engine's.";
  };

  flags = mkOption {
    type = types.attrsOf types.anything;
    default = { };
    description = ''
      Flags of the server: `true` is `--key`, a list is the flag several times, a set is JSON, `null` is nothing.
      A model's `settings` win over the engine's `modelSettings`.
    '';
  };
in
{
  ofEngines = {
    inherit environment environmentFile;
    modelSettings = flags;

    openFilesLimit = mkOption {
      type = types.ints.positive;
      default = 1048576;
      description = "How many files each server may have open.";
    };

    startupOrdering = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Start one server after the other, by port: two that measure the memory of one GPU at the same time both
        take it for free.
      '';
    };
  };

  ofModels = {
    inherit environment environmentFile;
    settings = flags;

    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether to serve the model.";
    };

    name = mkOption {
      type = types.strMatching "[A-Za-z0-9][A-Za-z0-9.-]*";
      description = "What callers ask for, and the end of the unit's name; the attribute's name by default.";
    };

    package = mkOption {
      type = types.package;
      description = "The engine for this model, `services.llmhop.${engine}.package` by default.";
    };

    port = mkOption {
      type = types.port;
      description = "The port on 127.0.0.1; by default one of 20000 to 28191 that follows from the name.";
    };

    serviceConfig = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      example = {
        MemoryMax = "64G";
      };
      description = "Further settings of the unit's `[Service]`, which win over those made here.";
    };
  };
}
