#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# /service lives in memory: run at the end of each start, out of /data/rc.local
ROOT=${VENUS_ROOT:-}

ln -sfn /data/phaeton/service "$ROOT/service/phaeton"
