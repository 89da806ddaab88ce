#!/usr/bin/env bash
# Makes the small font that shows people's rare characters on tablets whose own fonts lack them: all of CJK Extension A,
# every character beyond the basic plane that the face has (𠮷 is one), and the names in ui/src/fonts/names.txt.
#
# The face is the SC one of Debian's fonts-noto-cjk (Noto Sans CJK, OFL 1.1). Needs python3-fonttools and python3-brotli.
# The result is committed, so that a build needs neither; run this again when names.txt changes.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

collection=/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
copyright=/usr/share/doc/fonts-noto-cjk/copyright
made=ui/src/fonts/xunjian-rare-regular.woff2
largest=3000000

if [ ! -f "$collection" ] || ! /usr/bin/python3 -c 'import brotli, fontTools' 2>/dev/null; then
  echo "scripts/fonts.sh: needs the Debian packages fonts-noto-cjk, python3-fonttools and python3-brotli." >&2
  exit 1
fi

# The system's Python by its path: another one in front of it would not see Debian's packages.
/usr/bin/python3 - "$collection" "$made" ui/src/fonts/names.txt ui/src/styles/fonts.css <<'PYTHON'
import sys
from fontTools import subset
from fontTools.ttLib import TTCollection

collection, made, names, css = sys.argv[1:]
face = next(font for font in TTCollection(collection).fonts if font["name"].getDebugName(4) == "Noto Sans CJK SC")
known = face.getBestCmap().keys()

wanted = {code for code in known if 0x3400 <= code <= 0x4DBF or 0x20000 <= code <= 0x3FFFF}
with open(names, encoding="utf-8") as file:
    listed = {ord(char) for line in file if not line.startswith("#") for char in line.strip() if not char.isspace()}
if lacking := sorted(listed - known):
    sys.exit("the face lacks " + " ".join(f"{chr(code)} U+{code:04X}" for code in lacking))
wanted |= listed

options = subset.Options(flavor="woff2", hinting=False, layout_features=[], notdef_outline=True, name_IDs=[0, 1, 2, 4, 6, 13, 14])
worker = subset.Subsetter(options)
worker.populate(unicodes=wanted)
worker.subset(face)
# A changed font goes by a name of its own; the copyright and licence lines inside stay as they were.
for record in face["name"].names:
    if record.nameID in (1, 4):
        record.string = "Xunjian Rare"
    if record.nameID == 6:
        record.string = "XunjianRare-Regular"
# Same input, same bytes: no time of making inside.
face["head"].modified = face["head"].created
face.recalcTimestamp = False
subset.save_font(face, made, options)

runs = []
for code in sorted(wanted):
    if runs and runs[-1][1] == code - 1:
        runs[-1][1] = code
    else:
        runs.append([code, code])
# Extension A has ten holes; naming it whole keeps the rule short, and a hole falls through to the next family anyway.
def spelled(low, high):
    return f"U+{low:X}" if low == high else f"U+{low:X}-{high:X}"
basic = [spelled(low, high) for low, high in runs if 0x4DBF < low < 0x20000]
ranges = ["U+3400-4DBF", *basic, "U+20000-3FFFF"]
rows = [", ".join(ranges[at : at + 14]) for at in range(0, len(ranges), 14)]
with open(css, "w", encoding="utf-8") as file:
    file.write("/* Made by scripts/fonts.sh; do not edit. The file is fetched only when a page shows a character of this range. */\n")
    file.write("@font-face {\n  font-family: 'Xunjian Rare';\n  font-style: normal;\n  font-weight: 100 900;\n  font-display: swap;\n")
    file.write("  src: url('../fonts/xunjian-rare-regular.woff2') format('woff2');\n")
    file.write("  unicode-range:\n    " + ",\n    ".join(rows) + ";\n}\n")
print(f"{len(wanted)} characters")
PYTHON

{
  echo 'xunjian-rare-regular.woff2 is a subset of Noto Sans CJK SC Regular 2.004, renamed "Xunjian Rare".'
  echo
  echo 'Copyright 2014-2021 Adobe (http://www.adobe.com/). Noto is a trademark of Google Inc.'
  echo "Debian's package fonts-noto-cjk names: Copyright 2010-2012, Google Corporation."
  echo
  # The licence as Debian's package carries it: its paragraph up to the next field, without the format's indentation.
  awk '/^License: SIL-1.1$/ { held = 1; next } held && /^ / { shown = 1; print; next } shown { exit } { held = 0 }' "$copyright" |
    sed 's/^ //; s/^\.$//'
} >ui/src/fonts/OFL.txt

size="$(stat -c %s "$made")"
echo "$made: $size bytes"
if [ "$size" -gt "$largest" ]; then
  echo "scripts/fonts.sh: more than $largest bytes; take names away or leave planes out." >&2
  exit 1
fi
