// SPDX-License-Identifier: GPL-3.0-or-later
// What the choices of settings mean, by the last part of the key and the word of the file. A word
// without a line here is shown as it is.

import { N_, t } from "../../lib/i18n.svelte";
import type { Json } from "./document";

const CHOICES: Record<string, Record<string, string>> = {
  on_stop: { expire: N_("Let the limit expire"), pause: N_("Pause charging"), current: N_("Set the current below") },
  battery_policy: { "car-first": N_("Car first"), "battery-first": N_("Battery first"), share: N_("Share") },
  fuse_kind: {
    gg: N_("Fuse (gG)"), mcb: N_("Circuit breaker"), sls: N_("Selective main breaker"), contract: N_("Contract, no fuse"),
  },
  meter: { none: N_("None"), grid: N_("Grid meter") },
  level: {}, console_level: { "": N_("As the level above") }, file_level: { "": N_("As the level above") },
  web_level: { "": N_("As the level above") },
  format: { structured: N_("With time, level and part"), simple: N_("Simple") },
  strategy: { level: N_("Levels of Tibber"), threshold: N_("Below a price"), percentile: N_("Cheapest part of the hours") },
  provider: {
    "": N_("None"), auto: N_("Automatic"), none: N_("None"), nordpool: "Nord Pool", entsoe: "ENTSO-E", tibber: "Tibber",
    profile: N_("Profile of a file"), file: N_("File with prices"), fixed: N_("Fixed tariff"), tesla: "Tesla", kia: "Kia, Hyundai",
  },
  kia_region: { "": N_("None") },
  kia_brand: { "": N_("None") },
  source: { static: N_("Fixed tariff"), victron: "Victron" },
  fallback: { none: N_("Charge nothing by price"), fixed: N_("Fixed tariff") },
  feed_in: { none: N_("None"), fixed: N_("Fixed tariff"), market: N_("Price of the market") },
  sets: {
    price: N_("Price"), "grid-fee": N_("Grid fee"), levies: N_("Levies"), markup: N_("Supplier's markup"), "feed-in": N_("Feed-in"),
  },
  holidays: {
    "as-weekday": N_("As on the day of the week"), never: N_("Never"), also: N_("Also"), only: N_("Only"),
  },
  mode: { time: N_("Windows"), tibber: N_("Prices") },
  plan: { cheap: N_("Cheapest hours"), late: N_("As late as possible") },
  anonymous: { none: N_("See nothing"), read: N_("See"), control: N_("See and charge") },
  tls: { off: N_("Off"), "self-signed": N_("With a certificate of its own"), files: N_("With a certificate from files") },
  driver: { alfen: "Alfen" },
};

export function choiceText(name: string, value: Json): string {
  if (value === null) value = "";
  const text = CHOICES[name]?.[String(value)];
  if (text !== undefined) return t(text);
  return value === "" ? t("None") : String(value);
}

const ROTATIONS = ["L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2", "L2L1L3", "L3L2L1"];
export const listRotations = (): string[] => ROTATIONS;
