#!/usr/bin/env bash
# Runs a command with a Node.js that is new enough for ui/: the machine's own if it is, otherwise the one that
# scripts/setup.sh installed into scripts/node/ from the npm registry. Example: scripts/with-node.sh npm --prefix ui test
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

# What Vite 8 asks for; the same range stands in ui/package.json under "engines".
new_enough() {
  "$1" -e '
    const [major, minor] = process.versions.node.split(".").map(Number)
    process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1)
  ' 2>/dev/null
}

if [ "$#" -eq 0 ]; then
  echo "usage: scripts/with-node.sh COMMAND [ARGUMENT...]" >&2
  exit 2
fi

if ! { command -v node >/dev/null && new_enough node; }; then
  own="$(find "$here/node/node_modules" -maxdepth 3 -path '*/bin/node' 2>/dev/null | head -n 1 || true)"
  if [ -z "$own" ] || ! new_enough "$own"; then
    echo "Node.js 20.19 or newer is needed, and this machine has $(node --version 2>/dev/null || echo none). Run scripts/setup.sh run first." >&2
    exit 1
  fi
  # Debian's npm starts with `/usr/bin/env node` and finds its own modules only with Debian's Node.js or by this path.
  [ -d /usr/share/nodejs ] && export NODE_PATH="/usr/share/nodejs${NODE_PATH:+:$NODE_PATH}"
  PATH="$(dirname "$own"):$PATH"
  export PATH
fi

exec "$@"
