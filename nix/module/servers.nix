# What all inference servers have to share: ports and names. Each engine registers its servers here.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.services.llmhop;
  listen = lib.optionals cfg.enable (import ./listen.nix { inherit lib; } cfg.settings);

  ports = lib.mapAttrs (_: server: toString server.port) cfg.servers;
  names = lib.mapAttrs (_: server: server.name) cfg.servers;
  routers = lib.listToAttrs (
    map (address: {
      name = "settings.listen (${toString address.port})";
      value = toString address.port;
    }) listen
  );

  # Fails when two attributes have the same value.
  distinct =
    what: registry:
    let
      owners = lib.groupBy (owner: registry.${owner}) (lib.attrNames registry);
      shared = lib.filterAttrs (_: several: lib.length several > 1) owners;
      tell = value: several: "${what} ${value}: ${lib.concatStringsSep ", " several}";
    in
    {
      assertion = shared == { };
      message = "services.llmhop: given more than once: ${lib.concatStringsSep "; " (lib.mapAttrsToList tell shared)}";
    };
in
{
  options.services.llmhop.servers = mkOption {
    internal = true;
    description = "The inference servers on this machine, by the options that ask for them.";
    default = { };
    type = types.attrsOf (
      types.submodule {
        options.unit = mkOption { type = types.str; };
        options.name = mkOption { type = types.str; };
        options.port = mkOption { type = types.port; };
      }
    );
  };

  config = {
    assertions = [
      (distinct "port" (ports // routers))
      (distinct "model" names)
    ];
    systemd.services = lib.mkIf cfg.enable {
      # The router comes after them, and also without them.
      llmhop = rec {
        wants = lib.mapAttrsToList (_: server: "${server.unit}.service") cfg.servers;
        after = wants;
      };
    };
  };
}
