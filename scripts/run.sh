#!/usr/bin/env bash
# What `make run` does after scripts/setup.sh: builds, starts the demo site's service, opens the app. Safe to run again: the
# service and its data stay. Everything it writes lies in var/run.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

echo 'Building the pages, the service, the headless terminal and the checks (the first time takes a while).'
scripts/with-node.sh npm --prefix ui run --silent build
cargo build --quiet -p xunjian-central -p xunjian-field -p xunjian-report -p xunjian-verify -p xunjian-tests

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  echo 'Building the app.'
  cargo build --quiet -p xunjian-app
  target/debug/xunjian-demo --folder var/run --stay
  echo '窗口 app          opening; close its window to end this command, the service goes on.'
  # The window's data lies with the rest of the demo's, so that `make clean-data` finds all of it.
  XUNJIAN_DATA_DIR="$PWD/var/run/window" exec target/debug/xunjian-app
fi

echo '没有显示器：改由无界面终端完成演示巡检，服务保持运行。'
echo 'There is no display: the headless terminal plays the demo inspection, and the service stays up.'
exec target/debug/xunjian-demo --folder var/run --stay --headless
