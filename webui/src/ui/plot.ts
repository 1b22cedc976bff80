// SPDX-License-Identifier: GPL-3.0-or-later
export interface PlotLine {
  label: string;
  color: string; // name of a token: "--sun"
  values: readonly (number | null)[]; // as many as there are moments
  kind?: "line" | "area" | "steps" | "bars" | "slots";
  format: (value: number | null) => string;
  legend?: (index: number | null) => string; // instead of the value there, or of the last one
}

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86400;

/** distances of labels on an axis of time: no part of a second, and what people count in */
export const TIME_STEPS_S = [
  1, 5, 10, 15, 30, MINUTE_S, 5 * MINUTE_S, 10 * MINUTE_S, 15 * MINUTE_S, 30 * MINUTE_S,
  HOUR_S, 2 * HOUR_S, 3 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, DAY_S, 2 * DAY_S, 7 * DAY_S,
];
