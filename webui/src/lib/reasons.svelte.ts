// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon tells a reason as a code and values; the sentence in the reader's language is made here.

import reasons from "virtual:reasons";
import { UNKNOWN, clock, current, duration, energy, number, percent, power } from "./format";
import { N_, t, tn } from "./i18n.svelte";

/** a value's unit follows from the suffix of its name */
function formatValue(name: string, value: number | string): string {
  if (typeof value === "string") return value;
  if (name === "phases") return tn("{n} phase", "{n} phases", value);
  if (name.endsWith("_mA")) return current(value);
  if (name.endsWith("_w")) return power(value);
  if (name.endsWith("_wh")) return energy(value);
  if (name.endsWith("_percent")) return percent(value);
  if (name.endsWith("_micros")) return number(value / 1e6, 4);
  if (name.endsWith("_clock")) return `${String(Math.floor(value / 60)).padStart(2, "0")}:${String(value % 60).padStart(2, "0")}`;
  if (name.endsWith("_min")) return duration(value * 60);
  if (name.endsWith("_s")) return value < 3600 ? duration(value) : clock(value);
  return number(value);
}

/** the sentence; fallback is the daemon's own where the page does not know the code */
export function reason(code: string | null, values: Record<string, number | string>, fallback: string | null): string {
  const template = code === null ? undefined : reasons[code];
  if (template === undefined) return fallback ?? UNKNOWN;
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) texts[name] = formatValue(name, value);
  return t(template, texts);
}

/** "available_w=900 needed_w=1380", as a charger's field has them */
export function parseValues(text: string | null | undefined): Record<string, number | string> {
  const values: Record<string, number | string> = {};
  for (const part of (text ?? "").split(" ")) {
    const [name, value] = part.split("=", 2);
    if (name && value !== undefined) values[name] = Number.isFinite(Number(value)) ? Number(value) : value;
  }
  return values;
}

// by the numbers of the Victron bus
const STATUS: Record<number, string> = {
  0: N_("No car"),
  1: N_("Connected"),
  2: N_("Charging"),
  3: N_("Charged"),
  4: N_("Waiting for sun"),
  5: N_("Waiting for a card"),
  6: N_("Waiting for start"),
  7: N_("Home battery low"),
  8: N_("Ground fault"),
  9: N_("Welded contacts"),
  10: N_("Charger fault"),
  11: N_("Residual current"),
  12: N_("Voltage too low"),
  13: N_("Voltage too high"),
  14: N_("Too hot"),
  20: N_("Charging limit reached"),
  21: N_("Starting"),
  22: N_("Switching to 3 phases"),
  23: N_("Switching to 1 phase"),
  24: N_("Stopping"),
};

export function statusText(status: number | null): string {
  if (status === null) return t("Unknown");
  const text = STATUS[status];
  return text === undefined ? t("Status {number}", { number: status }) : t(text);
}

export type Mood = "idle" | "charging" | "waiting" | "fault";

/** how a status is shown at a glance */
export function mood(status: number | null): Mood {
  if (status === 2 || status === 21 || status === 22 || status === 23) return "charging";
  if (status !== null && status >= 8 && status <= 14) return "fault";
  return status === 4 || status === 5 || status === 6 || status === 7 ? "waiting" : "idle";
}

export const MODES = { manual: 0, auto: 1, scheduled: 2 } as const;

const MODE_NAMES: Record<number, string> = { 0: N_("Manual"), 1: N_("Auto"), 2: N_("Scheduled") };

export function modeText(mode: number | null): string {
  const text = mode === null ? undefined : MODE_NAMES[mode];
  return text === undefined ? t("Unknown") : t(text);
}

const STAGES: Record<string, string> = {
  wish: N_("Wish"), caps: N_("Limits"), quantise: N_("Steps"), ramp: N_("Ramp"),
};

export const stageText = (stage: string): string => (STAGES[stage] === undefined ? stage : t(STAGES[stage]));
