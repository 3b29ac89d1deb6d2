#!/bin/sh
# Makes the token that Open WebUI shows the router, in the folder `secrets` beside this script. `token.sh --new` makes
# another one; the router takes it two seconds later, docs/compose.md has the rest.
set -eu
umask 077
cd -- "$(dirname -- "$0")"

if [ -e secrets/token ] && [ "${1:-}" != --new ]; then
  echo "token.sh: there is a token already; token.sh --new makes another one" >&2
  exit 1
fi

secret() { od -A n -t x1 -N 32 /dev/urandom | tr -d ' \n'; }

mkdir -p secrets
token=$(secret)
# Written in place: a container has this very file, and wouldn't see another one.
printf '%s\n' "$token" >secrets/token
# The router's user in the container, 65532, must be able to read it; on this machine the folder is closed.
chmod 644 secrets/token
[ ! -e secrets/open-webui.env ] || session=$(sed -n 's/^WEBUI_SECRET_KEY=//p' secrets/open-webui.env)
printf 'OPENAI_API_KEY=%s\nWEBUI_SECRET_KEY=%s\n' "$token" "${session:-$(secret)}" >secrets/open-webui.env
