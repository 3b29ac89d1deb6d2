# A unit's file of what systemd.services says, as NixOS writes it.
{ lib }:
service:
let
  value = content: if builtins.isBool content then lib.boolToString content else toString content;
  lines =
    section:
    lib.concatLists (
      lib.mapAttrsToList (
        key: content: map (each: "${key}=${value each}") (lib.toList content)
      ) section
    );
  words = lib.concatStringsSep " ";
  variables = lib.mapAttrsToList (
    name: content: "Environment=\"${name}=${content}\""
  ) service.environment;
in
lib.concatStringsSep "\n" (
  [ "[Unit]" ]
  ++ lines (
    { Description = service.description; }
    // lib.filterAttrs (_: list: list != "") {
      After = words service.after;
      Before = words service.before;
      Wants = words service.wants;
    }
    // service.unitConfig
  )
  ++ [
    ""
    "[Service]"
  ]
  ++ variables
  ++ lines service.serviceConfig
  ++ [
    ""
    "[Install]"
    "WantedBy=${words service.wantedBy}"
    ""
  ]
)
