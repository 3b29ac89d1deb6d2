# Types of options: a name for messages, a check of each value, and what several values make together.
{ lib }:
let
  inherit (builtins) all concatStringsSep isAttrs;
  show = concatStringsSep ".";
  inherit (lib.modules) merge evalModules;

  equal =
    location: values:
    if all (value: value == builtins.head values) values then
      builtins.head values
    else
      throw "the option ${show location} has values that differ";

  simple = name: check: {
    inherit name check;
    merge = equal;
  };

  types = rec {
    anything = {
      name = "anything";
      check = _: true;
      merge =
        location: values:
        if all (value: isAttrs value && !lib.isDerivation value) values then
          (attrsOf anything).merge location values
        else
          equal location values;
    };
    unspecified = anything;
    bool = simple "true or false" builtins.isBool;
    float = simple "number with a fraction" builtins.isFloat;
    int = simple "integer" builtins.isInt;
    ints.positive = simple "positive integer" (value: int.check value && value > 0);
    package = simple "package" lib.isDerivation;
    path = simple "absolute path" (
      value:
      builtins.isPath value || lib.isDerivation value || (str.check value && lib.hasPrefix "/" value)
    );
    port = simple "port" (value: int.check value && value >= 0 && value <= 65535);
    str = simple "text" builtins.isString;
    strMatching =
      expression:
      simple "text like ${expression}" (
        value: str.check value && builtins.match expression value != null
      );

    nullOr = type: {
      name = "null or ${type.name}";
      check = value: value == null || type.check value;
      merge =
        location: values:
        if builtins.elem null values then equal location values else type.merge location values;
    };

    listOf = type: {
      name = "list of ${type.name}";
      check = builtins.isList;
      merge =
        location: values:
        let
          elements = builtins.concatLists values;
          mergeAt =
            index: merge (location ++ [ (toString index) ]) type [ (builtins.elemAt elements index) ];
        in
        builtins.genList mergeAt (builtins.length elements);
    };

    attrsOf = type: {
      name = "set of ${type.name}";
      check = value: isAttrs value && !lib.isDerivation value;
      merge =
        location: values:
        let
          defined = lib.filterAttrs (_: lib.modules.isDefined) (lib.zipAttrs values);
        in
        builtins.mapAttrs (name: merge (location ++ [ name ]) type) defined;
    };

    oneOf = options: {
      name = concatStringsSep " or " (map (type: type.name) options);
      check = value: builtins.any (type: type.check value) options;
      merge =
        location: values:
        let
          fits = lib.findFirst (type: all type.check values) null options;
        in
        if fits == null then
          throw "the option ${show location} has values of different types"
        else
          fits.merge location values;
    };

    submodule = module: {
      name = "set of options";
      check = value: isAttrs value || builtins.isFunction value;
      merge =
        location: values:
        (evalModules {
          inherit location;
          modules = [ module ] ++ map (value: { config = value; }) values;
          specialArgs.name = lib.last location;
        }).config;
    };
  };
in
types
