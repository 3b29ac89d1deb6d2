# services.llmhop.llama-cpp: llama-server.
import ./engine.nix {
  engine = "llama-cpp";
  kind = "llamacpp";
  negated = true;
  package = { lib, pkgs }: lib.mkPackageOption pkgs "llama-cpp" { };
  environment = cache: { LLAMA_CACHE = cache; };

  command =
    {
      lib,
      package,
      model,
      flags,
    }:
    [
      (lib.getExe' package "llama-server")
      "--host"
      "127.0.0.1"
      "--port"
      (toString model.port)
      "--alias"
      model.name
    ]
    ++ flags;
}
