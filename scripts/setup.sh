#!/usr/bin/env bash
# Prepares a bare Debian 12 for this repository. Safe to run again: what is there already is left alone.
#
#   scripts/setup.sh run    what it takes to build and start the app, the service and the demo
#   scripts/setup.sh test   the same, and what the tests need besides
#   scripts/setup.sh bench  the same, and what the decoders need that ours is measured against
#   scripts/setup.sh peers  only what `make bench-sync` measures the product's synchronisation against
#
# It installs Debian packages, npm packages into ui/node_modules, for `peers` Python packages and an unpacked nginx into
# target/bench-sync/peers, and nothing else. It says what and why before it does.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# package | command that proves it is there ("-" asks dpkg) | why it is needed
packages_to_run='
build-essential|-|the C compiler and linker that SQLite and the TLS library are built with
cmake|cmake|builds the TLS library of the HTTP client
pkg-config|pkg-config|tells the build where the system libraries are
libwebkit2gtk-4.1-dev|-|the web view that the app opens its window with
librsvg2-dev|-|draws the window icon
libssl-dev|-|headers of OpenSSL, for the encrypted database
ca-certificates|-|the root certificates for TLS
curl|curl|speaks to the service from a shell
git|git|reads the version that is built
nodejs|node|builds the pages in ui/
npm|npm|installs the packages of ui/
fonts-noto-cjk|-|Chinese characters in the window and on printed sheets
openssl|openssl|checks our signatures with a program that is not ours
jq|jq|takes records apart for that check
'
packages_to_test='
xvfb|Xvfb|a display without a screen, for the test of the window
xauth|xauth|gives the tests access to that display
webkit2gtk-driver|WebKitWebDriver|drives the app in its real window
chromium|chromium|shows the console in a real browser
chromium-driver|chromedriver|drives that browser
dbus|dbus-run-session|a session bus for the test of the keystore alone
gnome-keyring|gnome-keyring-daemon|a real keystore for the test of the PIN
zbar-tools|zbarimg|reads our labels with a program that is not ours
poppler-utils|pdftoppm|turns our PDF files into pictures and texts with programs that are not ours
python3|python3|runs the evidence check that needs nothing but the standard library
python3-openpyxl|-|reads exported workbooks with a program that is not ours
'

packages_to_bench='
libvips-tools|vipsthumbnail|smaller copies of photos by its command and by its library, measured beside ours
libzbar-dev|-|another decoder, measured beside ours
'

packages_for_peers='
iproute2|ip|makes the network namespaces of the bench and looks at their connections
rclone|rclone|copies photos over the same line as the product
python3|python3|runs Anki
python3-venv|-|keeps the Python packages of Anki to themselves
libxml2|-|what the WebDAV module of nginx is linked with
'
# Below target/: never installed, never started by the machine.
peers=target/bench-sync/peers
anki_version=26.9.3

say() { printf '%s\n' "$*"; }
stop() {
  printf 'scripts/setup.sh: %s\n' "$*" >&2
  exit 1
}

main() {
  case "${1-}" in
    run) install_packages "$packages_to_run" ;;
    test) install_packages "$packages_to_run$packages_to_test" ;;
    bench) install_packages "$packages_to_run$packages_to_test$packages_to_bench" ;;
    peers)
      install_packages "$packages_for_peers"
      install_anki
      unpack_nginx
      return
      ;;
    *)
      say 'usage: scripts/setup.sh run|test|bench|peers' >&2
      exit 2
      ;;
  esac
  check_rust
  install_node
  install_ui
  say 'Ready.'
}

is_installed() { # package, command
  if [ "$2" != - ] && command -v "$2" >/dev/null; then return 0; fi
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_packages() {
  command -v apt-get >/dev/null || stop 'this script knows Debian only: apt-get was not found. README.md lists what is needed.'
  local package command why
  local missing=()
  while IFS='|' read -r package command why; do
    if [ -z "$package" ] || is_installed "$package" "$command"; then continue; fi
    say "Installing $package: $why."
    missing+=("$package")
  done <<<"$1"
  if [ "${#missing[@]}" -eq 0 ]; then
    say 'All Debian packages are installed.'
    return
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      stop "these Debian packages are missing and installing them takes root, but there is no sudo. As root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update --quiet --quiet
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --quiet --quiet --no-install-recommends "${missing[@]}"
}

check_rust() {
  local wanted found
  wanted="$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)"
  # A fresh rustup has not reached the PATH of this shell yet.
  if ! command -v cargo >/dev/null && [ -x "$HOME/.cargo/bin/cargo" ]; then PATH="$HOME/.cargo/bin:$PATH"; fi
  local advice="Debian 12 packages neither rustup nor a new enough Rust, and this script downloads neither: install rustup as its site rustup.rs describes, then run 'rustup toolchain install stable' and this script again."
  if ! { command -v cargo && command -v rustc; } >/dev/null; then
    stop "Rust $wanted or newer is needed and was not found. $advice"
  fi
  found="$(rustc --version | cut -d ' ' -f 2)"
  [ "$(printf '%s\n%s\n' "$wanted" "${found%%-*}" | sort --version-sort | head -n 1)" = "$wanted" ] ||
    stop "Rust $wanted or newer is needed and this machine has $found. $advice"
  say "Rust $found is new enough."
}

# npm packages are installed again only when the lock file is not the one that they were installed from.
is_stamped() { [ -f "$1/node_modules/.installed-from" ] && [ "$(cat "$1/node_modules/.installed-from")" = "$(lock_hash "$1")" ]; }
stamp() { lock_hash "$1" >"$1/node_modules/.installed-from"; }
lock_hash() { sha256sum <"$1/package-lock.json" | cut -d ' ' -f 1; }

install_node() {
  if scripts/with-node.sh true 2>/dev/null; then return; fi
  say "Installing Node.js into scripts/node/: ui/ needs 20.19 or newer, and this machine has $(node --version)."
  npm ci --prefix scripts/node --loglevel error
  stamp scripts/node
  scripts/with-node.sh true || stop 'the npm registry has no Node.js for this kind of processor: install Node.js 20.19 or newer yourself.'
}

install_ui() {
  if is_stamped ui; then
    say 'The packages of ui/ are installed.'
    return
  fi
  say 'Installing the packages of ui/ that ui/package-lock.json names.'
  scripts/with-node.sh npm ci --prefix ui --loglevel error
  stamp ui
}

install_anki() {
  local found='from importlib.metadata import version; print(version("anki"))'
  if [ "$("$peers/anki/bin/python" -c "$found" 2>/dev/null)" = "$anki_version" ]; then
    say "Anki $anki_version is installed."
    return
  fi
  say "Installing Anki $anki_version from PyPI into $peers/anki: its own client and server, measured beside ours."
  mkdir -p "$peers"
  python3 -m venv --clear "$peers/anki"
  "$peers/anki/bin/pip" install --quiet --disable-pip-version-check "anki==$anki_version"
}

unpack_nginx() {
  if [ -x "$peers/nginx/usr/sbin/nginx" ]; then
    say 'nginx is unpacked.'
    return
  fi
  # Not installed: its package would start a web server on this machine.
  say "Unpacking nginx and its WebDAV module from Debian into $peers/nginx: what rclone copies to."
  local packages
  packages="$(mktemp -d)"
  (cd "$packages" && apt-get --option APT::Sandbox::User=root download --quiet --quiet nginx libnginx-mod-http-dav-ext)
  mkdir -p "$peers/nginx"
  local package
  for package in "$packages"/*.deb; do dpkg --extract "$package" "$peers/nginx"; done
  rm -r "$packages"
}

main "$@"
