# The certificate: a pair of files that systemd hands over, or one that the machine renews by ACME.
{ config, lib, ... }:
let
  cfg = config.services.llmhop;
  inherit (cfg) tls;
  ofACME = tls.useACMEHost != null;
  ofFiles = tls.cert != null && tls.key != null && !ofACME;
  credentials = "/run/credentials/llmhop.service";
in
{
  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = [
          {
            assertion = (tls.cert == null) == (tls.key == null);
            message = "services.llmhop.tls: cert and key are given together";
          }
          {
            assertion = !(ofACME && (tls.cert != null || tls.key != null));
            message = "services.llmhop.tls: either useACMEHost or cert and key";
          }
        ];
      }

      (lib.mkIf ofFiles {
        services.llmhop = {
          credentials = {
            tls-cert = tls.cert;
            tls-key = tls.key;
          };
          settings.tls = {
            cert = "${credentials}/tls-cert";
            key = "${credentials}/tls-key";
          };
        };
      })

      (lib.mkIf ofACME (
        let
          certificate = config.security.acme.certs.${tls.useACMEHost};
          made = [ "acme-${tls.useACMEHost}.service" ];
        in
        {
          services.llmhop.settings.tls = {
            cert = "${certificate.directory}/fullchain.pem";
            key = "${certificate.directory}/key.pem";
          };
          systemd.services.llmhop = {
            wants = made;
            after = made;
            serviceConfig.SupplementaryGroups = [ certificate.group ];
          };
        }
      ))
    ]
  );
}
