// SPDX-License-Identifier: GPL-3.0-or-later
// What the first run asks of the house, as settings.

import type { Settings } from "../settings/document";

export interface House {
  hasFuse: boolean;
  fuseA: number;
  otherLoadsA: number; // where no meter knows
  carA: number;
}

const CIRCUIT = "main";

export function guardPatch(house: House, hasMeter: boolean): Settings {
  const limits: Settings = {
    controls: { max_set_current: house.carA },
    defaults: { station_max_current: house.carA },
  };
  if (!house.hasFuse) return limits;
  return {
    ...limits,
    circuit: CIRCUIT,
    circuits: {
      [CIRCUIT]: {
        fuse_milliamps: house.fuseA * 1000,
        meter: hasMeter ? "grid" : "none",
        ...(hasMeter ? {} : { base_milliamps: house.otherLoadsA * 1000 }),
      },
    },
  };
}
