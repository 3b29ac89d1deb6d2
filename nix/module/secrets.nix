# Secrets reach the unit by systemd: credentials, and files of variables.
{ config, lib, ... }:
let
  cfg = config.services.llmhop;
  text = builtins.replaceStrings [ "$$" ] [ "" ] (builtins.toJSON cfg.settings);

  # The names behind cred: in the settings.
  named = map builtins.head (
    lib.filter builtins.isList (builtins.split "[$][{<]cred:([^}>]*)[}>]" text)
  );
  undeclared = lib.filter (name: !(cfg.credentials ? ${name})) (lib.unique named);
  unfit = lib.filter (name: builtins.match "[A-Za-z0-9_.-]+" name == null) (
    lib.attrNames cfg.credentials
  );

  secretOf = entry: if builtins.isString entry then entry else entry.token or "sha256:";
  isPlain = secret: builtins.match "sha256:.*|.*[$][{<A-Za-z_].*" secret == null;
  plain = lib.filter (entry: isPlain (secretOf entry)) (cfg.settings.authTokens or [ ]);
in
{
  config = lib.mkIf cfg.enable {
    systemd.services.llmhop.serviceConfig = {
      LoadCredential = lib.mapAttrsToList (name: path: "${name}:${path}") cfg.credentials;
      EnvironmentFile = cfg.environmentFiles;
    };

    warnings =
      lib.optional (plain != [ ])
        "services.llmhop.settings.authTokens: ${toString (lib.length plain)} of the tokens can be read by everybody on the machine, write references such as \${cred:token}";

    assertions = [
      {
        assertion = undeclared == [ ];
        message = "services.llmhop.settings: no services.llmhop.credentials for ${lib.concatStringsSep ", " undeclared}";
      }
      {
        assertion = unfit == [ ];
        message = "services.llmhop.credentials: a name is letters, digits, _, . and -, not ${lib.concatStringsSep ", " unfit}";
      }
    ];
  };
}
