# services.llmhop.vllm: `vllm serve`.
let
  python = import ./python.nix;
in
import ./engine.nix {
  engine = "vllm";
  kind = "vllm";
  negated = true;
  inherit (python) modelOptions;
  package = { lib, pkgs }: lib.mkPackageOption pkgs "vllm" { };
  environment = cache: python.environment cache // { VLLM_CACHE_ROOT = "${cache}/vllm"; };

  command =
    {
      lib,
      package,
      model,
      flags,
    }:
    [
      (lib.getExe' package "vllm")
      "serve"
      model.model
      "--host"
      "127.0.0.1"
      "--port"
      (toString model.port)
      "--served-model-name"
      model.name
    ]
    ++ flags;
}
