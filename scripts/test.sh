#!/usr/bin/env bash
# What `make test` does after scripts/setup.sh: every test there is. One step after the other, so that two compilers never
# share two cores; only the tests themselves run two at a time.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
step() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }

step 'formatting'
cargo fmt --check

step 'ui: types, tests, pages'
scripts/with-node.sh npm --prefix ui run --silent check
scripts/with-node.sh npm --prefix ui test --silent
scripts/with-node.sh npm --prefix ui run --silent build

step 'programs, the app, tests'
# All targets at once: every dependency is built with one set of features, and the stories find the programs they run.
cargo build --workspace --all-targets --quiet

step 'tests'
# All of them, though one failed: the log then names every fault, and no backtrace of the runtime stands before its message.
scripts/test-run.sh

step 'lints'
cargo clippy --workspace --all-targets --quiet -- -D warnings

step 'done'
