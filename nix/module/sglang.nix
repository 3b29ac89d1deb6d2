# services.llmhop.sglang: `python -m sglang.launch_server`.
let
  python = import ./python.nix;
in
import ./engine.nix {
  engine = "sglang";
  kind = "sglang";
  negated = false;
  inherit (python) modelOptions environment;

  # Nixpkgs has none.
  package =
    { lib, ... }:
    lib.mkOption {
      type = lib.types.package;
      description = "A Python with SGLang: `bin/python` that can `import sglang`.";
    };

  command =
    {
      lib,
      package,
      model,
      flags,
    }:
    [
      (lib.getExe' package "python")
      "-m"
      "sglang.launch_server"
      "--model-path"
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
