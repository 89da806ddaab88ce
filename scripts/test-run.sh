#!/usr/bin/env bash
# Every test program of the workspace, two at a time: most of them wait for a window, a service or a disk, and one alone leaves
# a core idle. Each one's output is printed whole when it ends; the log ends with the names of those that failed. One that hangs
# is stopped after a quarter of an hour, three times what the longest takes, so that the log names it.
#
#   scripts/test-run.sh      after everything was built by `cargo build --workspace --all-targets`
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
outputs="$(mktemp -d)"
trap 'rm -rf "$outputs"' EXIT
export outputs RUST_BACKTRACE=0

# Name, folder of the package and program of each, as cargo built them. The longest stand in the package of whole-system
# stories: they start first, so that no core waits for one of them at the end.
programs() {
  cargo test --workspace --no-run --quiet --message-format=json |
    jq -r 'select(.reason == "compiler-artifact" and .profile.test and .executable) |
      [(.target.src_path | contains("/tests/tests/") | if . then 0 else 1 end), .target.name, (.manifest_path | rtrimstr("/Cargo.toml")), .executable] | @tsv' |
    sort | cut -f 2-
}

run() {
  local name folder program begun ended output
  IFS=$'\t' read -r name folder program <<<"$1"
  output="$outputs/$name-$(basename "$program").log"
  begun=$SECONDS ended=ok
  (cd "$folder" && CARGO_MANIFEST_DIR="$folder" timeout --kill-after=20 900 "$program") >"$output" 2>&1 || ended=$?
  case $ended in ok) ;; 124 | 137) echo 'stopped: it did not end within 15 min' >>"$output" ;; esac
  [ "$ended" = ok ] || echo "$name" >>"$outputs/failed"
  {
    flock 9
    printf '\n     Running %s (%d s)\n' "$name" "$((SECONDS - begun))"
    cat "$output"
  } 9>"$outputs/lock"
}
export -f run

programs >"$outputs/programs"
[ -s "$outputs/programs" ] || { echo 'cargo named no test program' >&2; exit 1; }
xargs -d '\n' -a "$outputs/programs" -n 1 -P 2 bash -c 'run "$1"' _

echo
echo '     Running examples in the documentation'
cargo test --workspace --doc --quiet || echo 'doc' >>"$outputs/failed"

if [ -e "$outputs/failed" ]; then
  printf '\ntest programs that failed: %s\n' "$(sort "$outputs/failed" | paste -s -d ' ')" >&2
  exit 1
fi
