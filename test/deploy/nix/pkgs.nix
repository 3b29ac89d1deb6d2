# As much of Nixpkgs as nix/ uses, made of the machine's own tools: the phases of a build, and packages that are links.
{
  lib,
  # The home of a JDK, JUnit's jar, and the folders of the tools.
  jdk,
  junit,
  path,
  # Which of the tests a build runs; none where it is empty.
  tests ? "",
}:
let
  system = builtins.currentSystem;

  make =
    name: attributes: script:
    let
      inner = removeAttrs attributes [
        "env"
        "meta"
        "passthru"
      ];
      result = derivation (
        inner
        // attributes.env or { }
        // {
          inherit name system;
          builder = "/bin/sh";
          args = [
            "-eu"
            "-c"
            script
          ];
          PATH = lib.concatStringsSep ":" (
            map (tool: "${tool}/bin") (attributes.nativeBuildInputs or [ ]) ++ [ path ]
          );
          # What Nixpkgs sets.
          SOURCE_DATE_EPOCH = "315532800";
        }
      );
    in
    result // { meta = attributes.meta or { }; } // attributes.passthru or { } // attributes;

  # A package with one program, the machine's.
  linked =
    program:
    make program { meta.mainProgram = program; } ''
      mkdir -p $out/bin
      ln -s "$(command -v ${program})" $out/bin/
    '';

  pkgs = {
    inherit lib pkgs;
    callPackage = functionOf pkgs;
    stdenv = pkgs.stdenvNoCC;
    runtimeShell = "/bin/sh";
    runCommand = make;
    curl = linked "curl";
    coreutils = linked "sleep";
    gnumake = linked "make";

    stdenvNoCC = {
      hostPlatform = {
        inherit system;
        isLinux = true;
      };
      buildPlatform.canExecute = _: true;
      mkDerivation =
        attributes:
        make "${attributes.pname}-${attributes.version}"
          (attributes // { TESTS = tests; })
          ''
            runHook() { :; }
            cp -R $src source
            chmod -R u+w source
            cd source
            ${attributes.buildPhase}
            ${lib.optionalString (tests != "") attributes.checkPhase}
            ${attributes.installPhase}
          '';
    };

    # The checksum is Nix's to verify.
    fetchurl =
      { url, sha256 }:
      make (baseNameOf url) {
        outputHash = sha256;
        outputHashAlgo = "sha256";
        outputHashMode = "flat";
      } "cp ${junit} $out";

    jdk25_headless = make "jdk" {
      version = "25";
      passthru.home = "${pkgs.jdk25_headless}/lib/openjdk";
    } ''
      mkdir -p $out/lib
      ln -s ${jdk} $out/lib/openjdk
      ln -s ${jdk}/bin $out/bin
    '';

    writeShellScript =
      name: text:
      make name {
        text = "#!/bin/sh\n${text}";
        passAsFile = [ "text" ];
      } ''cp "$textPath" $out && chmod 755 $out'';

    writeShellScriptBin =
      name: text:
      make name { } "mkdir -p $out/bin && cp ${pkgs.writeShellScript name text} $out/bin/${name}";

    # Not built here.
    jdk25 = pkgs.jdk25_headless;
    maven = linked "mvn";
    nginx = linked "nginx";
    nixfmt-tree = linked "treefmt";
    nodejs = linked "node";
    shellcheck = linked "shellcheck";
    wrk = linked "wrk";
    mkShell = attributes: make "shell" { passthru = attributes; } "mkdir $out";
    testers.runNixOSTest = test: test;

    formats.json = _: {
      type = json;
      generate =
        name: value:
        make name {
          text = builtins.toJSON value;
          passAsFile = [ "text" ];
        } ''cp "$textPath" $out'';
    };

    # The libraries of this machine name no folder of the JDK.
    patchelf = make "patchelf" { } ''
      mkdir -p $out/bin
      printf "#!/bin/sh\n" >$out/bin/patchelf
      chmod 755 $out/bin/patchelf
    '';
    cacert = make "cacert" { } "mkdir $out";
    dockerTools.streamLayeredImage =
      image:
      make "image" {
        text = builtins.toJSON image;
        passAsFile = [ "text" ];
        passthru = { inherit image; };
      } ''cp "$textPath" $out'';

    # The simulated server as llama-server; the other engines are only looked at.
    llama-cpp = make "llama-cpp" { passthru.override = _: pkgs.llama-cpp; } ''
      mkdir -p $out/bin
      cp ${./llama-server.sh} $out/bin/llama-server
      substitute=${functionOf pkgs ../../../nix/package.nix { }}/bin/llmhop
      sed -i "s|@llmhop@|$substitute|" $out/bin/llama-server
      chmod 755 $out/bin/llama-server
    '';
    vllm = make "vllm" { } ''
      mkdir -p $out/bin
      printf "#!/bin/sh\n" >$out/bin/vllm
      chmod 755 $out/bin/vllm
    '';
  };

  json =
    lib.types.nullOr (
      lib.types.oneOf [
        lib.types.bool
        lib.types.int
        lib.types.float
        lib.types.str
        lib.types.path
        (lib.types.attrsOf json)
        (lib.types.listOf json)
      ]
    )
    // {
      name = "JSON value";
    };

  # Calls the function in a file with what it asks for, of the packages and of the arguments.
  functionOf =
    available: file: arguments:
    let
      function = if builtins.isFunction file then file else import file;
      wanted = builtins.functionArgs function;
    in
    function (builtins.intersectAttrs wanted available // arguments);
in
pkgs
