#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets Phaeton up on a GX device; run by hand or by the archive's hook, as often as one likes.
# Programs, settings and state live below /data, which a firmware update leaves alone; a line in
# /data/rc.local links the service again after each start. VENUS_ROOT is for tests.
set -eu

ROOT=${VENUS_ROOT:-}
HOME_DIR=/data/phaeton
LINE="sh $HOME_DIR/link-service.sh # phaeton"
RC="$ROOT/data/rc.local"

[ -d "$ROOT$HOME_DIR/service" ] || {
  echo "$0: $ROOT$HOME_DIR is not complete: unpack the archive first" >&2
  exit 1
}

# the settings of a first installation; those of a person stay as they are
if [ ! -e "$ROOT/data/phaeton_config.yaml" ] && [ ! -e "$ROOT/data/alfen_driver_config.yaml" ]; then
  cp "$ROOT$HOME_DIR/phaeton_config.sample.yaml" "$ROOT/data/phaeton_config.yaml"
fi
if [ ! -e "$RC" ]; then
  printf '#!/bin/sh\n' >"$RC"
fi
if ! grep -qxF -- "$LINE" "$RC"; then
  # an exit at the end of somebody's script must not keep the line from being run
  { sed -n '1{/^#!/p}' "$RC"; echo "$LINE"; sed '1{/^#!/d}' "$RC"; } >"$RC.new"
  cat "$RC.new" >"$RC"
  rm "$RC.new"
fi
chmod 755 "$RC"

VENUS_ROOT=$ROOT sh "$ROOT$HOME_DIR/link-service.sh"
# a service that ran before gets the new program
if command -v svc >/dev/null 2>&1 && [ -z "$ROOT" ]; then
  svc -t /service/phaeton || true
fi
echo "Phaeton is installed. Its settings: /data/phaeton_config.yaml"
