# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What scripts/run, scripts/test and scripts/bench share; they source it after setting INSTALL.

ROOT=$(cd "$(dirname "$0")/.." && pwd)
INSTALL=${INSTALL:-yes}

BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkg-config libglib2.0-dev libsoup-3.0-dev
  libjson-glib-dev libmodbus-dev libyaml-dev libsecret-1-dev libsqlite3-dev libcrypt-dev
  libgnutls28-dev python3 python3-yaml"
RUN_PACKAGES="dbus-daemon dbus-bin curl glib-networking tzdata"
TEST_PACKAGES="openssl systemd python3-gi python3-dbus python3-prometheus-client python3-pymodbus
  mbpoll"

BROWSER_PACKAGES="chromium fonts-dejavu-core"

say () {
  printf '==> %s\n' "$*" >&2
}

die () {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 2
}

is_installed () {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs those of the packages that are missing, and says which.
need_packages () {
  missing=
  for package in "$@"; do
    is_installed "$package" || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  [ "$INSTALL" = yes ] || die "not installed:$missing"
  command -v apt-get >/dev/null || die "no apt-get here; install by hand:$missing"
  as_root=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "neither root nor sudo; install by hand:$missing"
    as_root=sudo
  fi
  say "installing:$missing"
  $as_root apt-get update -q >&2
  # shellcheck disable=SC2086  # a list of words
  $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends $missing >&2
}

# Node.js and npm build the web page: those of Debian unless others are there already.
need_node () {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    need_packages nodejs npm
  fi
}

# configure FOLDER OPTION...: makes the build folder, or tells an old one the options
configure () {
  folder=$1
  shift
  if [ -f "$folder/build.ninja" ]; then
    meson configure "$folder" "$@" >&2
  else
    meson setup "$folder" "$ROOT" "$@" >&2
  fi
}

# build FOLDER [TARGET]: all of it unless said
build () {
  ninja -C "$@" >&2
}
