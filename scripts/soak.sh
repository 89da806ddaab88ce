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
  # One set of features for everything, the same as in scripts/test.sh, so that nothing is built twice.
  cargo build --workspace --all-targets --quiet

  step 'properties: messy ledgers, numbers, proofs; 2,000 cases each'
  PROPTEST_CASES=2000 cargo test --quiet --workspace --lib

  step 'every byte of a frozen envelope, delivery and receipt flipped'
  XUNJIAN_SOAK=1 cargo test --quiet --workspace --test frozen

  step 'kill -9 at every named effect, three rounds'
  for round in 1 2 3; do
    echo "round $round"
    cargo test --quiet --workspace --test kill
  done

  step 'the main job on three ledgers, and every bad input, two rounds'
  for round in 1 2; do
    echo "round $round"
    cargo test --quiet --workspace --test story --test bad_input
  done
  echo
  echo "all sweeps passed after $SECONDS s"
} 2>&1 | grep --line-buffered -v -E "^$|^running|^warning" | tee "$log"
