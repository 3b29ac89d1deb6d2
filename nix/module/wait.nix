# Waits until the server that systemd has just started answers /health with 200, or is gone.
{ lib, pkgs }:
port:
pkgs.writeShellScript "llmhop-wait" ''
  while kill -0 "$MAINPID" 2>/dev/null; do
    ${lib.getExe pkgs.curl} -fsS -o /dev/null -m 5 http://127.0.0.1:${toString port}/health 2>/dev/null && exit
    ${pkgs.coreutils}/bin/sleep 0.5
  done
  echo "the server has ended before it answered /health" >&2
  exit 1
''
