// SPDX-License-Identifier: GPL-3.0-or-later
export interface PlotLine {
  label: string;
  color: string; // name of a token: "--sun"
  values: readonly (number | null)[]; // as many as there are moments
  kind?: "line" | "area" | "steps" | "bars" | "slots";
  format: (value: number | null) => string;
}
