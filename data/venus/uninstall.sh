#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Takes Phaeton off a GX device; settings and state stay unless --purge is given.
set -eu

ROOT=${VENUS_ROOT:-}
RC="$ROOT/data/rc.local"

if command -v svc >/dev/null 2>&1 && [ -z "$ROOT" ] && [ -e /service/phaeton ]; then
  # first the link, or supervise would be started again; then the processes
  rm -f /service/phaeton
  svc -dx /data/phaeton/service /data/phaeton/service/log || true
fi
rm -f "$ROOT/service/phaeton"

if [ -e "$RC" ]; then
  grep -v '# phaeton$' "$RC" >"$RC.new" || true
  if [ "$(cat "$RC.new")" = "#!/bin/sh" ]; then
    rm "$RC" # nothing but what we had written: the system counts as unmodified again
  else
    cat "$RC.new" >"$RC"
  fi
  rm "$RC.new"
fi

for part in bin lib share service phaeton phaetonctl phaeton_config.sample.yaml install.sh \
  link-service.sh uninstall.sh; do
  rm -rf "$ROOT/data/phaeton/$part"
done
if [ "${1:-}" = --purge ]; then
  rm -rf "$ROOT/data/phaeton" "$ROOT/data/phaeton_config.yaml" "$ROOT/data/log/phaeton"
fi
echo "Phaeton is removed."
