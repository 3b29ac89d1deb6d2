# Opens the ports that others can reach.
{ config, lib, ... }:
let
  cfg = config.services.llmhop;
  listen = import ./listen.nix { inherit lib; } cfg.settings;
  reachable = lib.filter (address: !address.loopback) listen;
in
{
  config = lib.mkIf (cfg.enable && cfg.openFirewall) {
    networking.firewall.allowedTCPPorts = lib.unique (map (address: address.port) reachable);
    assertions = [
      {
        assertion = reachable != [ ];
        message = "services.llmhop.openFirewall: settings.listen has no port that another machine could reach";
      }
      {
        assertion = lib.all (address: address.port != 0) reachable;
        message = "services.llmhop.openFirewall: port 0 is another one at each start";
      }
    ];
  };
}
