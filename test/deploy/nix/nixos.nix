# The options of NixOS that the module defines, and what it takes from NixOS.
{ lib }:
let
  inherit (lib) mkOption types;
  optional =
    type: default:
    mkOption {
      inherit type default;
    };
  texts = optional (types.listOf types.str) [ ];
  variables = optional (types.attrsOf types.str) { };

  # A line of a unit, or several.
  line = types.oneOf [
    types.bool
    types.int
    types.str
    types.package
    (types.listOf types.str)
  ];

  service.options = {
    description = optional types.str "";
    wantedBy = texts;
    wants = texts;
    after = texts;
    before = texts;
    environment = variables;
    reloadTriggers = optional (types.listOf types.unspecified) [ ];
    restartTriggers = optional (types.listOf types.unspecified) [ ];
    stopIfChanged = optional types.bool true;
    unitConfig = optional (types.attrsOf line) { };
    serviceConfig = optional (types.attrsOf line) { };
  };
in
{
  options = {
    assertions = optional (types.listOf types.unspecified) [ ];
    warnings = texts;
    environment.etc = optional (types.attrsOf (
      types.submodule {
        options.source = optional (types.nullOr types.path) null;
        options.text = optional (types.nullOr types.str) null;
        options.mode = optional types.str "symlink";
      }
    )) { };
    networking.firewall.allowedTCPPorts = optional (types.listOf types.port) [ ];
    security.acme.certs = optional (types.attrsOf (
      types.submodule (
        { name, ... }:
        {
          options.directory = optional types.path "/var/lib/acme/${name}";
          options.group = optional types.str "acme";
        }
      )
    )) { };
    specialisation = optional (types.attrsOf (
      types.submodule { options.configuration = mkOption { type = types.unspecified; }; }
    )) { };
    system.switch.enable = optional types.bool true;
    virtualisation.memorySize = optional types.int 1024;
    systemd.services = optional (types.attrsOf (types.submodule service)) { };
  };
}
