#!/usr/bin/env bash
# Draws the icons that Tauri bundles from icons/source.svg, the only file in that folder to edit. Desktop sizes only:
# the mobile ones belong to the platform projects that `tauri android init` and `tauri ios init` will make.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ ! -x ui/node_modules/.bin/tauri ]; then
  echo "scripts/icons.sh: the Tauri command line is missing; run scripts/setup.sh run first." >&2
  exit 1
fi

drawn="$(mktemp -d)"
trap 'rm -rf "$drawn"' EXIT
# The command reports every size of every platform, which is worth reading only when it fails.
if ! scripts/with-node.sh ui/node_modules/.bin/tauri icon icons/source.svg --output "$drawn" >"$drawn/report" 2>&1; then
  cat "$drawn/report" >&2
  exit 1
fi

for icon in 32x32.png 128x128.png 128x128@2x.png icon.png icon.icns icon.ico; do
  install -m 0644 "$drawn/$icon" "icons/$icon"
  echo "icons/$icon"
done
