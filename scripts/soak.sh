#!/usr/bin/env bash
# What `make soak` does after scripts/setup.sh: the long sweeps, with their counts. Writes docs/soak/last.log, to be committed.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p docs/soak
log=docs/soak/last.log
step() { printf '\n== %s\n' "$1"; }

# The log is for people: what was swept and how it ended, without the compiler's chatter.
{
  echo "make soak, $(date -u +%Y-%m-%d), $(nproc) cores, $(rustc --version)"
  cargo build --quiet --workspace --bins --exclude xunjian-app

  step 'messy ledgers and other properties, 5,000 cases each'
  PROPTEST_CASES=5000 cargo test --quiet -p xunjian-domain -p xunjian-proof -p xunjian-central

  step 'every byte of a frozen envelope flipped'
  XUNJIAN_SOAK=1 cargo test --quiet -p xunjian-proof --test frozen

  step 'kill -9 at every named effect, five rounds'
  for round in 1 2 3 4 5; do
    echo "round $round"
    cargo test --quiet -p xunjian-tests --test kill
  done

  step 'the main job on three ledgers, three rounds'
  for round in 1 2 3; do
    echo "round $round"
    cargo test --quiet -p xunjian-tests --test story --test bad_input
  done
  echo
  echo "all sweeps passed after $SECONDS s"
} 2>&1 | tee "$log"
