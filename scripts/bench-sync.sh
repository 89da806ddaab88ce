#!/usr/bin/env bash
# `make bench-sync`: the product's synchronisation beside its peers, over a bad line between two network namespaces.
#
#   scripts/bench-sync.sh [options of bench-sync]     docs/BENCHMARKS.md says what it measures; --help lists the options
#   XUNJIAN_BIN_DIR=FOLDER scripts/bench-sync.sh …    measures the programs in FOLDER instead of building them
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
target="${CARGO_TARGET_DIR:-target}"

if [ -z "${XUNJIAN_BIN_DIR-}" ]; then
  scripts/setup.sh run
  scripts/with-node.sh npm --prefix ui run --silent build
  cargo build --quiet --release -p xunjian-central -p xunjian-field
  export XUNJIAN_BIN_DIR="$target/release"
fi
scripts/setup.sh peers
cargo build --quiet --release --locked --target-dir "$target" --manifest-path benches/sync-link/Cargo.toml

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  # Namespaces and TUN devices take root, but root of a user namespace is enough.
  as_root=(unshare --map-root-user)
fi
exec "${as_root[@]}" "$target/release/bench-sync" "$@"
