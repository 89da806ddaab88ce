#!/usr/bin/env bash
# What `make test` does after scripts/setup.sh: every test there is. One step after the other, so that two compilers never
# share two cores.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
step() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }

step 'formatting'
cargo fmt --check

step 'ui: types, tests, pages'
scripts/with-node.sh npm --prefix ui run --silent check
scripts/with-node.sh npm --prefix ui test --silent
scripts/with-node.sh npm --prefix ui run --silent build

step 'programs and the app'
# The stories run these; they are built once, before any test.
cargo build --workspace --bins

step 'lints'
cargo clippy --workspace --all-targets --quiet -- -D warnings

step 'tests'
cargo test --workspace

step 'done'
