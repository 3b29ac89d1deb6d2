# Evaluates modules as NixOS does: options that are declared, definitions that are merged by their priorities,
# an error for every definition of what isn't declared.
{ lib }:
let
  inherit (builtins) concatMap filter isAttrs;

  show = builtins.concatStringsSep ".";
  override = priority: content: {
    _type = "override";
    inherit priority content;
  };
  isOption = value: value._type or null == "option";
  ofDefaults = 1500;

  # --- Modules ---

  structured = [
    "_file"
    "config"
    "imports"
    "key"
    "options"
  ];

  # { file, options, config } of a module and of all that it imports.
  collect =
    arguments: module:
    let
      loaded = if builtins.isPath module || builtins.isString module then import module else module;
      body = if builtins.isFunction loaded then loaded arguments else loaded;
      isStructured = body ? config || body ? options;
      foreign = filter (name: !builtins.elem name structured) (builtins.attrNames body);
    in
    if isStructured && foreign != [ ] then
      throw "a module with config or options has ${show foreign} beside them"
    else
      concatMap (collect arguments) (body.imports or [ ])
      ++ [
        {
          file = if builtins.isPath module then toString module else null;
          options = body.options or { };
          config = if isStructured then body.config or { } else removeAttrs body structured;
        }
      ];

  # A file that is imported several times is one module.
  once = lib.foldl' (
    found: module:
    if module.file != null && builtins.any (other: other.file == module.file) found then
      found
    else
      found ++ [ module ]
  ) [ ];

  # The tree of options of several declarations of it.
  mergeOptions =
    location: trees:
    builtins.mapAttrs (
      name: declared:
      let
        here = location ++ [ name ];
      in
      if builtins.any isOption declared then
        if builtins.length declared == 1 then
          builtins.head declared
        else
          throw "the option ${show here} is declared more than once"
      else
        mergeOptions here declared
    ) (lib.zipAttrs trees);

  # --- Definitions ---

  # Definitions by attribute: conditions and merges go to what is in them.
  pushDown =
    definition:
    if definition._type or null == "if" then
      map (builtins.mapAttrs (_: mkIf definition.condition)) (pushDown definition.content)
    else if definition._type or null == "merge" then
      concatMap pushDown definition.contents
    else if definition._type or null == "override" then
      map (builtins.mapAttrs (_: override definition.priority)) (pushDown definition.content)
    else if isAttrs definition then
      [ definition ]
    else
      throw "a set of definitions is expected, not ${builtins.typeOf definition}";

  # Definitions without conditions that don't hold, and without merges.
  discharge =
    definition:
    if definition._type or null == "if" then
      if !builtins.isBool definition.condition then
        throw "mkIf takes true or false"
      else
        lib.optionals definition.condition (discharge definition.content)
    else if definition._type or null == "merge" then
      concatMap discharge definition.contents
    else
      [ definition ];

  isOverride = definition: definition._type or null == "override";
  priorityOf = definition: if isOverride definition then definition.priority else 100;
  contentOf = definition: if isOverride definition then definition.content else definition;

  # The values of the definitions that win.
  winners =
    definitions:
    let
      discharged = concatMap discharge definitions;
      best = lib.foldl' (a: b: if b < a then b else a) 9999 (map priorityOf discharged);
    in
    concatMap (definition: discharge (contentOf definition)) (
      filter (definition: priorityOf definition == best) discharged
    );

  merge =
    location: type: definitions:
    let
      values = winners definitions;
      wrong = filter (value: !type.check value) values;
    in
    if values == [ ] then
      throw "the option ${show location} is used but not defined"
    else if wrong != [ ] then
      throw "the option ${show location} is no ${type.name}: ${describe (builtins.head wrong)}"
    else
      type.merge location values;

  describe =
    value:
    if builtins.isString value then
      "\"${value}\""
    else
      "a value of the type ${builtins.typeOf value}";

  # The values of a tree of options, given definitions of trees.
  values =
    location: options: definitions:
    let
      given = lib.zipAttrs (concatMap pushDown definitions);
      unknown = filter (name: !options ? ${name}) (builtins.attrNames given);
    in
    if unknown != [ ] then
      throw "the option ${show (location ++ [ (builtins.head unknown) ])} does not exist"
    else
      builtins.mapAttrs (
        name: option:
        let
          here = location ++ [ name ];
          defined = given.${name} or [ ];
          default = lib.optional (option ? default) (override ofDefaults option.default);
          merged = merge here option.type (default ++ defined);
        in
        if isOption option then merged else values here option defined
      ) options;

  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
in
{
  inherit merge mkIf;

  # Whether anything is left of the definitions.
  isDefined = definitions: winners definitions != [ ];

  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkDefault = override 1000;
  mkForce = override 50;

  evalModules =
    {
      modules,
      specialArgs ? { },
      location ? [ ],
    }:
    let
      collected = once (concatMap (collect (specialArgs // { inherit lib config; })) modules);
      options = mergeOptions location (map (module: module.options) collected);
      config = values location options (map (module: module.config) collected);
    in
    {
      inherit config options;
    };
}
