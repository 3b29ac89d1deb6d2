# As much of Nixpkgs' lib as nix/ uses, for machines that have no Nixpkgs. modules.nix and types.nix evaluate modules.
let
  inherit (builtins)
    concatLists
    concatMap
    concatStringsSep
    elemAt
    filter
    foldl'
    head
    isList
    length
    listToAttrs
    mapAttrs
    match
    stringLength
    substring
    ;

  lib = rec {
    inherit (builtins)
      all
      any
      attrNames
      attrValues
      concatLists
      concatMap
      concatStringsSep
      elem
      filter
      foldl'
      functionArgs
      groupBy
      head
      length
      listToAttrs
      mapAttrs
      sort
      tail
      ;
    modules = import ./modules.nix { inherit lib; };
    types = import ./types.nix { inherit lib; };
    inherit (modules)
      evalModules
      mkDefault
      mkForce
      mkIf
      mkMerge
      ;
    fileset = import ./fileset.nix;
    licenses.mit = "MIT";
    platforms.unix = [ builtins.currentSystem ];

    # Numbers and lists.
    mod = a: b: a - a / b * b;
    last = list: elemAt list (length list - 1);
    toList = value: if isList value then value else [ value ];
    optional = condition: value: optionals condition [ value ];
    optionals = condition: list: if condition then list else [ ];
    unique = foldl' (
      found: value: if builtins.elem value found then found else found ++ [ value ]
    ) [ ];
    findFirst =
      fits: fallback: list:
      let
        found = filter fits list;
      in
      if found == [ ] then fallback else head found;
    lists.findFirstIndex =
      fits: fallback: list:
      findFirst (index: fits (elemAt list index)) fallback (
        builtins.genList (index: index) (length list)
      );

    # Attribute sets.
    nameValuePair = name: value: { inherit name value; };
    genAttrs = names: make: listToAttrs (map (name: nameValuePair name (make name)) names);
    optionalAttrs = condition: set: if condition then set else { };
    mapAttrsToList = make: set: map (name: make name set.${name}) (builtins.attrNames set);
    mapAttrs' = make: set: listToAttrs (mapAttrsToList make set);
    filterAttrs =
      keep: set: removeAttrs set (filter (name: !keep name set.${name}) (builtins.attrNames set));
    filterAttrsRecursive =
      keep: set:
      mapAttrs (
        _: value: if builtins.isAttrs value then filterAttrsRecursive keep value else value
      ) (filterAttrs keep set);
    recursiveUpdate =
      a: b:
      a
      // mapAttrs (
        name: value:
        if builtins.isAttrs value && builtins.isAttrs (a.${name} or null) then
          recursiveUpdate a.${name} value
        else
          value
      ) b;
    isDerivation = value: value.type or null == "derivation";
    zipAttrs =
      sets:
      genAttrs (unique (concatMap builtins.attrNames sets)) (
        name: map (set: set.${name}) (filter (set: set ? ${name}) sets)
      );

    # Text.
    boolToString = value: if value then "true" else "false";
    optionalString = condition: text: if condition then text else "";
    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    removePrefix =
      prefix: text:
      if hasPrefix prefix text then substring (stringLength prefix) (-1) text else text;
    stringToCharacters =
      text: builtins.genList (index: substring index 1 text) (stringLength text);
    splitString =
      separator: text:
      let
        expression = concatStringsSep "" (map quote (stringToCharacters separator));
      in
      filter builtins.isString (builtins.split expression text);
    quote =
      character: if match "[a-zA-Z0-9\n]" character == null then "[${character}]" else character;
    toIntBase10 = text: builtins.fromJSON (head (match "0*([0-9]+)" text));

    # Options.
    literalExpression = text: {
      _type = "literalExpression";
      inherit text;
    };
    mkOption = option: option // { _type = "option"; };
    mkEnableOption =
      what:
      mkOption {
        type = types.bool;
        default = false;
        description = "Whether to enable ${what}.";
      };
    mkPackageOption =
      pkgs: name: _:
      mkOption {
        type = types.package;
        default = pkgs.${name} or (throw "there is no package ${name}");
        description = "The package ${name}.";
      };

    # Packages.
    getExe = package: getExe' package package.meta.mainProgram;
    getExe' = package: name: "${package}/bin/${name}";
  };
in
lib
