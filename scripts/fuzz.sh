#!/usr/bin/env bash
# What `make fuzz` does: libFuzzer at every entrance of what comes from outside, each for some seconds. Stable Rust; no sanitizer,
# because what is looked for are broken promises, panics, memory and time, not stray pointers.
#
#   scripts/fuzz.sh [seconds an entrance, 60] [entrance …]      without entrances: all of them, and writes docs/soak/fuzz.log
#
# What is found along the way stays in target/fuzz/corpus and is gone on from; a finding is written to target/fuzz/findings, and
# the command to run it again is printed. Ends with 1 after a finding.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds="${1:-60}"
shift || true
entrances=("$@")
kept=/dev/null
if [ "${#entrances[@]}" -eq 0 ]; then kept=docs/soak/fuzz.log entrances=(labels envelopes packages pictures frames); fi
folder="${XUNJIAN_FUZZ_FOLDER:-$PWD/target/fuzz}"
host="$(rustc --version --verbose | sed -n 's/^host: //p')"
programs="$folder/$host/release"
# Terminals that the entrances stand on; thrown away with everything they wrote. In memory where that can be: each answer of a
# terminal waits for the disk.
if [ -w /dev/shm ]; then TMPDIR="$(mktemp -d -p /dev/shm)"; else TMPDIR="$(mktemp -d)"; fi
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# Only for code of the target: build scripts and macros do not have libFuzzer's counters to link to.
coverage='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters'
coverage+=' -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares'
RUSTFLAGS="$coverage" cargo build --quiet --release --locked --target "$host" --target-dir "$folder" --manifest-path fuzz/Cargo.toml
mkdir -p "$folder/corpus" "$folder/findings"
"$programs/seeds" "$folder/corpus"

# Of a run over everything the log is committed.
{
  failed=0
  echo "libFuzzer, $(date -u +%Y-%m-%d), $(nproc) cores, $(rustc --version)"
  for entrance in "${entrances[@]}"; do
    case "$entrance" in
      # Each takes a terminal, a database and a dozen signatures; more bytes teach little.
      packages) most=40000 ;;
      frames) most=4096 ;;
      *) most=65536 ;;
    esac
    log="$folder/$entrance.log"
    before="$(find "$folder/corpus/$entrance" -type f | wc -l)"
    status=0
    # 25 s for one input and 1 GiB: an entrance says itself what its bytes may cost; these bounds are for what it cannot count.
    "$programs/$entrance" -max_total_time="$seconds" -max_len="$most" -timeout=25 -rss_limit_mb=1024 -print_final_stats=1 \
      -artifact_prefix="$folder/findings/$entrance-" "$folder/corpus/$entrance" >"$log" 2>&1 || status=$?
    runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    from="$(sed -n 's/.*INITED cov: \([0-9]*\) ft: \([0-9]*\).*/\1/p' "$log" | head -n 1)"
    to="$(sed -n 's/.* cov: \([0-9]*\) ft: [0-9]*.*/\1/p' "$log" | tail -n 1)"
    memory="$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")"
    after="$(find "$folder/corpus/$entrance" -type f | wc -l)"
    echo "$entrance: ${runs:-?} inputs in $seconds s, edges reached ${from:-?} → ${to:-?}, $((after - before)) inputs kept, at most ${memory:-?} MB"
    if [ "$status" -ne 0 ]; then
      failed=1
      echo "$entrance: FOUND SOMETHING; the end of $log:"
      tail -n 25 "$log"
      echo "again with: $programs/$entrance $(find "$folder/findings" -name "$entrance-*" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2)"
    fi
  done
  exit "$failed"
} | tee "$kept"
