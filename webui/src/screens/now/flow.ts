// SPDX-License-Identifier: GPL-3.0-or-later
// What flows where in the house, from the sums that the meters know.

import type { Charger, Site } from "../../lib/types";

/** null: not known, or not there */
export interface Flow {
  sunW: number | null;
  gridW: number | null; // import is positive
  batteryW: number | null; // charging is positive
  batteryPercent: number | null;
  houseW: number | null; // without the cars
}

const carsW = (chargers: Charger[]): number =>
  chargers.reduce((sum, charger) => sum + Math.max(0, charger.power_w ?? 0), 0);

export function findFlow(site: Site, chargers: Charger[]): Flow {
  const { pv_power_w: sunW, grid_power_w: gridW, battery_power_w: batteryW } = site;
  const balanceW = gridW === null ? null : gridW + (sunW ?? 0) - (batteryW ?? 0);
  const allW = site.consumption_power_w ?? balanceW;
  return {
    sunW,
    gridW,
    batteryW,
    batteryPercent: site.battery_soc_percent,
    houseW: allW === null ? null : Math.max(0, allW - carsW(chargers)),
  };
}

/** seconds that a dot takes along its line: more power is faster, none stands still */
export function dotSeconds(w: number | null): number | null {
  if (w === null || Math.abs(w) < 10) return null;
  return Math.max(0.9, 5 - 1.1 * Math.log10(Math.abs(w) / 10));
}
