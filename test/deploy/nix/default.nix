# What nix.sh asks for: packages, and machines that are configured by a file of its own each.
{
  jdk,
  junit,
  path,
  tests ? "",
  lib ? import ./lib.nix,
  configuration ? { },
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
        argument:
        builtins.replaceStrings
          [
            "%"
            "$"
          ]
          [
            "%%"
            "$$"
          ]
          (builtins.toJSON (toString argument))
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
      units = builtins.mapAttrs (_: unit) config.systemd.services;
      fileOf =
        name: text:
        pkgs.runCommand name {
          inherit text;
          passAsFile = [ "text" ];
        } ''cp "$textPath" $out'';
      copyOf = name: text: "cp ${fileOf name text} $out/${name}.service";
      failed = lib.filter (assertion: !assertion.assertion) config.assertions;
    in
    {
      inherit config units;
      file = config.environment.etc."llmhop/config.json".source;
      # The files of the units, with all that they name.
      folder = pkgs.runCommand "units" { } (
        lib.concatStringsSep "\n" ([ "mkdir $out" ] ++ lib.mapAttrsToList copyOf units)
      );
      # As a NixOS that is built: nothing but the reasons when an assertion fails.
      system =
        if failed != [ ] then
          throw "failed assertions: ${lib.concatStringsSep "; " (map (assertion: assertion.message) failed)}"
        else
          builtins.deepSeq config.networking.firewall {
            inherit (config) warnings;
            ports = config.networking.firewall.allowedTCPPorts;
            settings = config.services.llmhop.settings;
            inherit units;
          };
    };
in
{
  package = pkgs.callPackage ../../../nix/package.nix { };
  withoutCache = pkgs.callPackage ../../../nix/package.nix { withAotCache = false; };
  image = pkgs.callPackage ../../../nix/image.nix { };
  facts = import ./facts.nix { inherit lib pkgs machine; };
  here = machine (import ./machine.nix);
  broken = machine (import ./broken.nix);
  given = machine configuration;
}
