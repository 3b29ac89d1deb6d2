# The flags of a command, of settings: `true` is --key, a list is the flag several times, a set is JSON.
# What becomes of `false` is the engine's: with `negated` it is --no-key, else nothing. `null` is nothing.
{ lib, negated }:
settings:
let
  flag =
    key: value:
    if value == null then
      [ ]
    else if value == true then
      [ "--${key}" ]
    else if value == false then
      lib.optional negated "--${opposite key}"
    else if builtins.isList value then
      lib.concatMap (flag key) value
    else
      [
        "--${key}"
        (if builtins.isString value then value else builtins.toJSON value)
      ];
  opposite = key: if lib.hasPrefix "no-" key then lib.removePrefix "no-" key else "no-${key}";
in
lib.concatLists (lib.mapAttrsToList flag settings)
