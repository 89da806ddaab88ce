#!/usr/bin/env bash
# Puts each fault of tests/mutants into a copy of the checkout, one at a time, and plays histories of the simulation until one
# catches it. Fails when a mutant survives. Writes docs/soak/mutants.log, to be committed.
#
#   scripts/mutants.sh               all of them
#   scripts/mutants.sh 03 12         those whose names begin so; prints, and leaves the log as it is
#   XUNJIAN_SEEDS=200 …              gives each so many histories at most (1,000 otherwise)
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
checkout="$PWD"
target="$(realpath -m "${CARGO_TARGET_DIR:-target}")"
copy="$target/mutants/checkout"
seeds="${XUNJIAN_SEEDS:-1000}"
log=/dev/stdout
[ $# -gt 0 ] || log=docs/soak/mutants.log

# Built here, and kept apart from what is built in the copy: it reads the mutants and the unchanged files of this checkout. As a
# test's companion, because that is the set of features that everything here is built with.
cargo test --quiet --workspace --test mutants
aside="$(mktemp -d)"
trap 'rm -rf "$aside"' EXIT
make_mutant="$aside/make-mutant"
cp "$target/debug/make-mutant" "$make_mutant"
mutants="$("$make_mutant")"

# What git knows, as it stands now.
rm -rf "$copy"
mkdir -p "$copy" docs/soak
git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
  tar --create --null --files-from=- | tar --extract --directory "$copy"

# One program is wanted there, not those beside it.
sed -i '/^\[\[bin\]\]/,/^$/d; s/^\[package\]/&\nautobins = false/' "$copy/tests/Cargo.toml"

# Another checkout's crates are other crates to cargo: only they are built anew, in the same target folder. What one mutant
# changes is compiled, not optimised: it runs for seconds.
export CARGO_TARGET_DIR="$target" CARGO_INCREMENTAL=1 CARGO_PROFILE_DEV_OPT_LEVEL=0 CARGO_PROFILE_DEV_DEBUG=0

# Prints the simulation's program in the copy.
build() {
  (cd "$copy" && cargo test --quiet --workspace --test simulation --no-run --message-format=json) |
    jq -r 'select(.reason == "compiler-artifact" and .target.name == "simulation") | .executable'
}

# How a sweep of the program ended, in a line; 0 when a history caught the mutant, 1 when none did.
sweep() {
  local program="$1" output="$1.output" status=0 begun=$SECONDS caught
  (cd "$copy/tests" && XUNJIAN_SEEDS="$seeds" RUST_BACKTRACE=0 CARGO_MANIFEST_DIR="$copy/tests" \
    timeout 1800 "$program" --nocapture whatever_fails) >"$output" 2>&1 || status=$?
  if caught="$(grep -m 1 '^caught at history' "$output")"; then
    # The invariant that broke is the last of the causes.
    printf '%s\n    %s\n' "$caught" "$(awk '/^Caused by/ { on = 1; next } on && /^ / { cause = $0; next } { on = 0 }
      END { print cause }' "$output" | sed -E 's/^ *([0-9]+: )?//' | cut -c -200)"
  else
    echo "no history of $seeds broke an invariant ($((SECONDS - begun)) s, status $status)"
    [ "$status" -eq 0 ] || tail -n 20 "$output"
  fi
  rm -f "$program" "$output"
  [ -n "$caught" ]
}

{
  echo "scripts/mutants.sh, $(date -u +%Y-%m-%d), $(nproc) cores, at most $seeds histories each"
  cp "$(build)" "$aside/none"
  printf '\n== no mutant\n'
  if seeds=40 sweep "$aside/none"; then
    echo 'the simulation fails without any mutant: nothing can be said' >&2
    exit 1
  fi
  # One is played while the next is built.
  tried=0 playing=
  while IFS=$'\t' read -r -u 3 name breaks; do
    wanted=$([ $# -gt 0 ] || echo yes)
    for one in "$@"; do [[ "$name" != "$one"* ]] || wanted=yes; done
    [ -n "$wanted" ] || continue
    tried=$((tried + 1))
    "$make_mutant" "$name" --root "$copy"
    cp "$(build)" "$aside/$name"
    "$make_mutant" "$name" --root "$copy" --undo
    [ -z "$playing" ] || wait "$playing"
    {
      printf '\n== %s: %s\n' "$name" "$breaks"
      sweep "$aside/$name" || echo "$name" >>"$aside/survivors"
    } &
    playing=$!
  done 3<<<"$mutants"
  [ "$tried" -gt 0 ] || { echo 'no mutant has such a name' && exit 1; }
  wait "$playing"
  echo
  if [ -e "$aside/survivors" ]; then
    echo "survived: $(paste -s -d ' ' "$aside/survivors")"
    exit 1
  fi
  echo "all $tried mutants were caught"
} | sed -u "s#$checkout/##g" | tee "$log"
