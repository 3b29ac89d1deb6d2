{
  description = "LLMhop, a model router before self-hosted inference servers";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      linux = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      all = linux ++ [ "aarch64-darwin" ];
      on = systems: make: lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    in
    {
      packages = lib.recursiveUpdate (on all (pkgs: rec {
        llmhop = pkgs.callPackage ./nix/package.nix { };
        default = llmhop;
      })) (on linux (pkgs: { image = pkgs.callPackage ./nix/image.nix { }; }));

      devShells = on all (pkgs: {
        default = pkgs.callPackage ./nix/shell.nix { };
      });

      overlays.default = final: _: { llmhop = final.callPackage ./nix/package.nix { }; };

      nixosModules.default = ./nix/module;

      checks = lib.recursiveUpdate (on all (pkgs: {
        package = self.packages.${pkgs.stdenv.hostPlatform.system}.llmhop;
      })) (on linux (pkgs: { vm = pkgs.callPackage ./nix/vm-test.nix { }; }));

      formatter = on all (pkgs: pkgs.nixfmt-tree);
    };
}
