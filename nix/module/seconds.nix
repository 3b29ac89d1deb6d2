# The seconds, rounded up, of a duration as settings have it: "250ms", "30s", "10m", "1h".
{ lib }:
duration:
let
  parts = builtins.match "([0-9]+)(ms|s|m|h)" duration;
  number = lib.toIntBase10 (builtins.head parts);
  unit = lib.last parts;
in
if parts == null then
  throw "services.llmhop.settings: not a duration: ${toString duration}"
else if unit == "ms" then
  (number + 999) / 1000
else
  number
  * {
    s = 1;
    m = 60;
    h = 3600;
  }
  .${unit}
