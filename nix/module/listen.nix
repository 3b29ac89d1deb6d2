# Where settings let the router listen: a list of { host, port }, Unix sockets left out.
{ lib }:
settings:
let
  port = if settings.port or 0 == 0 then 8080 else settings.port;
  given =
    if settings ? listen then
      lib.toList settings.listen
    else
      [ "${settings.host or ""}:${toString port}" ];

  parse =
    address:
    let
      parts = builtins.match "(.*):([0-9]{1,5})" address;
    in
    lib.optional (parts != null && !lib.hasPrefix "unix:" address) rec {
      host = builtins.head parts;
      port = lib.toIntBase10 (lib.last parts);
      loopback = builtins.match "127\\..*|\\[?::1]?|(.*\\.)?localhost" host != null;
    };
in
lib.concatMap parse given
