# The options of the router itself.
{ lib, pkgs, ... }:
let
  inherit (lib) mkEnableOption mkOption types;
  outsideOfStore = types.strMatching "/.+";
in
{
  options.services.llmhop = {
    enable = mkEnableOption "LLMhop, a model router before inference servers";

    package = mkOption {
      type = types.package;
      default = pkgs.callPackage ../package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./nix/package.nix { }";
      description = "The package that has `bin/llmhop`.";
    };

    settings = mkOption {
      type = (pkgs.formats.json { }).type;
      default = { };
      example = {
        listen = "127.0.0.1:8080";
        authTokens = [ "\${cred:token}" ];
        models."llama-3-8b".url = "http://127.0.0.1:8001";
      };
      description = ''
        The config, as docs/configuration.md has it; it becomes /etc/llmhop/config.json, which everybody on the
        machine can read: secrets are written as references to `credentials` or `environmentFiles`. A build
        of the system checks it with `llmhop --check`. A key that is `null` is left out.
      '';
    };

    openFirewall = mkEnableOption "the TCP ports that the router listens on in the firewall";

    credentials = mkOption {
      type = types.attrsOf outsideOfStore;
      default = { };
      example = {
        token = "/run/secrets/llmhop-token";
      };
      description = ''
        Files with secrets, which systemd reads as root and gives to the router alone: `''${cred:token}` in
        `settings` stands for what `credentials.token` names. They are read when the unit starts.
      '';
    };

    environmentFiles = mkOption {
      type = types.listOf outsideOfStore;
      default = [ ];
      example = [ "/run/secrets/llmhop.env" ];
      description = "Files of `NAME=value` lines: `\${env:NAME}` in `settings` stands for the value.";
    };

    tls = {
      cert = mkOption {
        type = types.nullOr outsideOfStore;
        default = null;
        description = "PEM file of the certificate, its chain behind it. It is read when the unit starts.";
      };
      key = mkOption {
        type = types.nullOr outsideOfStore;
        default = null;
        description = "PEM file of its private key.";
      };
      useACMEHost = mkOption {
        type = types.nullOr types.str;
        default = null;
        description = "A name of `security.acme.certs`, instead of `cert` and `key`; renewals are seen within a second.";
      };
    };
  };
}
