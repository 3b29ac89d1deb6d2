# /etc/llmhop/config.json: `settings` as JSON, checked when the system is built.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.llmhop;
  written = (pkgs.formats.json { }).generate "llmhop.json" (
    lib.filterAttrsRecursive (_: value: value != null) cfg.settings
  );
  checked = pkgs.runCommand "llmhop-config.json" { } ''
    ${lib.getExe cfg.package} --check --config ${written}
    cp ${written} $out
  '';
in
{
  config = lib.mkIf cfg.enable {
    environment.etc."llmhop/config.json".source = checked;
  };
}
