# What nix.sh asks for: packages, and machines that are configured by a file of its own each.
{
  jdk,
  junit,
  path,
  tests ? "",
  lib ? import ./lib.nix,
}:
let
  pkgs = import ./pkgs.nix {
    inherit
      lib
      jdk
      junit
      path
      tests
      ;
  };

  # Arguments of a line of a unit: systemd's quotes, and nothing that it would replace.
  utils.escapeSystemdExecArgs =
    arguments:
    lib.concatStringsSep " " (
      map (
        argument: builtins.replaceStrings [ "%" "$" ] [ "%%" "$$" ] (builtins.toJSON (toString argument))
      ) arguments
    );

  machine =
    configuration:
    let
      inherit
        (lib.evalModules {
          modules = [
            (import ./nixos.nix { inherit lib; })
            ../../../nix/module
            configuration
          ];
          specialArgs = { inherit pkgs utils; };
        })
        config
        ;
      unit = import ./unit.nix { inherit lib; };
      failed = lib.filter (assertion: !assertion.assertion) config.assertions;
    in
    {
      inherit config;
      units = builtins.mapAttrs (_: unit) config.systemd.services;
      file = config.environment.etc."llmhop/config.json".source;
      # As a NixOS that is built: nothing but the reasons when an assertion fails.
      system =
        if failed != [ ] then
          throw "failed assertions: ${lib.concatStringsSep "; " (map (assertion: assertion.message) failed)}"
        else
          builtins.deepSeq config.networking.firewall {
            inherit (config) warnings;
            ports = config.networking.firewall.allowedTCPPorts;
            settings = config.services.llmhop.settings;
            units = builtins.mapAttrs (_: unit) config.systemd.services;
          };
    };
in
{
  inherit pkgs machine;
  package = pkgs.callPackage ../../../nix/package.nix { };
  withoutCache = pkgs.callPackage ../../../nix/package.nix { withAotCache = false; };
  image = pkgs.callPackage ../../../nix/image.nix { };
  machineOf = file: machine (import file);
}
