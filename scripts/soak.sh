#!/usr/bin/env bash
# The long sweeps of `make soak`, with their counts. Writes docs/soak/last.log, to be committed. What takes another build, faults
# put into the product and libFuzzer, comes after it from scripts/mutants.sh and scripts/fuzz.sh.
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

  step 'every byte of an evidence pack flipped; a pack of 16,000 photos in flat memory'
  XUNJIAN_SOAK=1 cargo test --quiet --workspace --test packs -- --nocapture

  step 'damaged pictures and noise: 6,000 rounds'
  XUNJIAN_SOAK=1 cargo test --quiet --workspace --test scan damaged_files

  step '500 photos of 3 MB in one visit: flat memory'
  XUNJIAN_SOAK=1 cargo test --quiet --workspace --test photo_load hundreds -- --nocapture

  step 'a disk of 256 MB filled with photos down to the reserve'
  # A mount of our own in a namespace of our own: nothing of it is left behind, and no root is needed.
  small_disk="$(mktemp -d)"
  # The quotes are right: the inner shell expands.
  # shellcheck disable=SC2016
  SMALL_DISK="$small_disk" unshare --map-root-user --mount sh -eu -c '
    mount -t tmpfs -o size=256m xunjian "$SMALL_DISK"
    TMPDIR="$SMALL_DISK" XUNJIAN_SMALL_DISK=1 cargo test --quiet --workspace --test photo_load full_disk -- --nocapture'
  rmdir "$small_disk"

  step 'kill -9 at 100 random moments of a scripted visit; the seed plays the same script again'
  XUNJIAN_SOAK=1 cargo test --quiet --workspace --test headless soak -- --nocapture

  step '20 disk sizes filled with photos to the reserve and to the brim, each in a mount of its own'
  XUNJIAN_SOAK=1 cargo test --quiet --workspace --test headless disk -- --nocapture

  step 'fault table of photo, answer and seal; tables of clock, labels and tampering'
  cargo test --quiet --workspace --test headless faults -- --nocapture
  for table in clock labels tampering; do
    cargo test --quiet --workspace --test engine "$table::"
  done

  step '200 connections cut, reset or silenced between terminal and service, at bytes that a seed chooses'
  XUNJIAN_SOAK=1 cargo test --quiet --workspace --test chaos -- --nocapture

  step 'synchronisation in memory: 1,000 histories by seed; each fault kind injected, and hit where it matters'
  XUNJIAN_SOAK=1 cargo test --quiet --workspace --test simulation -- --nocapture

  step 'every changed byte of an envelope at the service, of a receipt and its statement at the terminal'
  XUNJIAN_SOAK=1 cargo test --quiet --workspace --test service tables:: -- --nocapture
  XUNJIAN_SOAK=1 cargo test --quiet --workspace --test engine receipts:: -- --nocapture

  step 'kill -9 of the service at random moments under load: 50 times during intake, 25 times while the log is sequenced'
  XUNJIAN_SOAK=1 cargo test --quiet --workspace --test kills -- --nocapture --test-threads 1

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
