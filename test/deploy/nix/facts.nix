# What must hold of machines, units and the flake: sentences, each true or not.
{
  lib,
  pkgs,
  machine,
}:
let
  here = machine (import ./machine.nix);
  inherit (here) system config;
  inherit (config.systemd.services) llmhop;

  words = lib.splitString " ";
  servers = words "llama-cpp-tiny vllm-embedder vllm-qwen";

  # The same machine with one thing more.
  also =
    more:
    machine {
      imports = [
        ./machine.nix
        more
      ];
    };
  with' = more: (also { services.llmhop = more; }).config;
  minimal =
    settings:
    machine {
      services.llmhop = {
        enable = true;
        inherit settings;
      };
    };
  lowPort = (minimal { listen = ":443"; }).config.systemd.services.llmhop.serviceConfig;

  has = line: unit: lib.elem line (lib.splitString "\n" system.units.${unit});
  execOf = unit: config.systemd.services.${unit}.serviceConfig.ExecStart;
  contains = part: text: builtins.length (lib.splitString part text) > 1;

  files = also {
    services.llmhop.tls = {
      cert = "/run/secrets/cert.pem";
      key = "/run/secrets/key.pem";
    };
  };
  acme =
    (also {
      security.acme.certs."llm.example" = { };
      services.llmhop.tls.useACMEHost = "llm.example";
    }).config;

  reloads = config: config.systemd.services.llmhop.reloadTriggers;
  restarts = config: config.systemd.services.llmhop.restartTriggers;
  moved = with' { settings.listen = lib.mkForce ":9090"; };
  extended = with' { settings.models.more.url = "http://127.0.0.1:1"; };
  plain = minimal {
    authTokens = words "a-token sha256:00 \${env:A} $A" ++ [
      { token = "b"; }
      { sha256 = "00"; }
    ];
  };

  flake = (import ../../../flake.nix).outputs {
    self.packages = flake.packages;
    nixpkgs = {
      inherit lib;
      legacyPackages = lib.genAttrs (words "x86_64-linux aarch64-linux aarch64-darwin") (_: pkgs);
    };
  };
  vmNode = flake.checks.x86_64-linux.vm.nodes.machine;
  vm = (machine vmNode).system;
  vmChanged = machine {
    imports = [
      vmNode
      (machine vmNode).config.specialisation.changed.configuration
    ];
  };
  namesOf = builtins.mapAttrs (_: builtins.attrNames);
in
{
  "ports: 8080 is open, loopback and the socket are not" = system.ports == [ 8080 ];
  "ports: host and port of the settings" =
    (machine {
      services.llmhop = {
        enable = true;
        openFirewall = true;
        settings = {
          host = "::";
          port = 9000;
        };
      };
    }).system.ports == [ 9000 ];
  "ports: a new model moves no other" =
    config.services.llmhop.llama-cpp.models.tiny.port
    == (with' { llama-cpp.models.another = { }; }).services.llmhop.llama-cpp.models.tiny.port;

  "routes: those of the servers are there, without the one that is off" =
    builtins.attrNames system.settings.models == words "embedder far qwen tiny";
  "routes: address and kind" =
    system.settings.models.qwen == {
      url = "http://127.0.0.1:18001";
      kind = "vllm";
    };
  "routes: the operator's word wins" = system.settings.models.tiny.kind == "openai";

  "units: one for each server, none for the one that is off" =
    builtins.attrNames system.units == words "llama-cpp-tiny llmhop vllm-embedder vllm-qwen";
  "units: the router comes after its servers" =
    lib.all (unit: lib.elem "${unit}.service" llmhop.after) servers;
  "units: the router wants its servers and requires none" =
    lib.all (unit: lib.elem "${unit}.service" llmhop.wants) servers
    && !contains "Requires" system.units.llmhop;
  "units: one server after the other" =
    lib.elem "vllm-qwen.service" config.systemd.services.vllm-embedder.after
    && !lib.elem "vllm-embedder.service" config.systemd.services.vllm-qwen.after;
  "units: all at once where that is wanted" =
    let
      together = with' { vllm.startupOrdering = false; };
    in
    !lib.elem "vllm-qwen.service" together.systemd.services.vllm-embedder.after;
  "units: a server is waited for" =
    lib.isDerivation config.systemd.services.vllm-qwen.serviceConfig.ExecStartPost;
  "units: notify-reload" = has "Type=notify-reload" "llmhop";
  "units: time for drainDelay and drain, and half a minute" = has "TimeoutStopSec=151" "llmhop";
  "units: secrets" =
    has "LoadCredential=token:/run/secrets/llmhop-token" "llmhop"
    && has "EnvironmentFile=/run/secrets/llmhop.env" "llmhop"
    && has "EnvironmentFile=/run/secrets/hugging-face.env" "vllm-qwen";
  "units: no capability" =
    has "CapabilityBoundingSet=" "llmhop" && has "CapabilityBoundingSet=" "vllm-qwen";
  "units: one capability for a port below 1024" =
    lowPort.CapabilityBoundingSet == "CAP_NET_BIND_SERVICE" && !lowPort.PrivateUsers;
  "units: a GPU for the server, none for the router" =
    has "DeviceAllow=char-nvidia rw" "vllm-qwen" && has "PrivateDevices=true" "llmhop";
  "units: a model's own settings and variables" =
    has "MemoryMax=64G" "vllm-qwen" && has "Environment=\"CUDA_VISIBLE_DEVICES=0\"" "vllm-qwen";

  "flags: true, false, the model's before the engine's" =
    contains "\"--ctx-size\" \"8192\" \"--jinja\" \"--no-mmap\"" (execOf "llama-cpp-tiny");
  "flags: numbers, lists, sets" =
    lib.all (part: contains part (execOf "vllm-qwen")) [
      "\"--gpu-memory-utilization\" \"0.6\""
      "\"--lora-modules\" \"a=/var/lib/a\" \"--lora-modules\" \"b=/var/lib/b\""
      "\"--no-enable-prefix-caching\""
      "{\\\"method\\\":\\\"ngram\\\"}"
    ];

  "tls: files become credentials" =
    files.config.services.llmhop.settings.tls.key == "/run/credentials/llmhop.service/tls-key"
    && lib.elem "LoadCredential=tls-key:/run/secrets/key.pem" (
      lib.splitString "\n" files.units.llmhop
    );
  "tls: a certificate by ACME" =
    acme.services.llmhop.settings.tls.cert == "/var/lib/acme/llm.example/fullchain.pem"
    && acme.systemd.services.llmhop.serviceConfig.SupplementaryGroups == [ "acme" ]
    && lib.elem "acme-llm.example.service" acme.systemd.services.llmhop.after;

  "changes: a new model is a reload" =
    reloads extended != reloads config && restarts extended == restarts config;
  "changes: another port is a restart" = restarts moved != restarts config;

  "warnings: two tokens that everybody can read" =
    system.warnings == [ ]
    && lib.any (contains "2 of the tokens") plain.config.warnings;

  "flake: packages, with images on Linux" =
    namesOf flake.packages == {
      aarch64-darwin = words "default llmhop";
      aarch64-linux = words "default image llmhop";
      x86_64-linux = words "default image llmhop";
    };
  "flake: packages have a program to run" =
    flake.packages.aarch64-darwin.default.meta.mainProgram == "llmhop";
  "flake: the overlay" = builtins.attrNames (flake.overlays.default pkgs pkgs) == [ "llmhop" ];
  "flake: checks, the virtual machine on Linux" =
    namesOf flake.checks == {
      aarch64-darwin = [ "package" ];
      aarch64-linux = words "package vm";
      x86_64-linux = words "package vm";
    };
  "flake: module and formatter" =
    builtins.pathExists flake.nixosModules.default && lib.isDerivation flake.formatter.x86_64-linux;
  "flake: the shell has a JDK and Maven" =
    lib.isDerivation flake.devShells.x86_64-linux.default
    && lib.elem pkgs.jdk25 flake.devShells.x86_64-linux.default.packages
    && lib.elem pkgs.maven flake.devShells.x86_64-linux.default.packages;

  "vm: the machine of the test has a router and an engine" =
    vm.ports == [ 8080 ]
    && builtins.attrNames vm.units == words "llama-cpp-tiny llmhop simulated"
    && builtins.attrNames vm.settings.models == words "far tiny";
  "vm: its change is a reload" =
    restarts vmChanged.config == restarts (machine vmNode).config
    && reloads vmChanged.config != reloads (machine vmNode).config;
}
