// SPDX-License-Identifier: GPL-3.0-or-later
import { formatValue } from "../../lib/reasons.svelte";
import type { Verdict } from "../../lib/types";

/** what a step of the chain looked at: "available_w 900 W" */
export const valueTexts = (verdict: Verdict): string[] =>
  Object.entries(verdict.values as Record<string, number>).map(
    ([name, value]) => `${name.replace(/_(mA|w|wh|percent|micros|min|s)$/, "").replace(/_/g, " ")} ${formatValue(name, value)}`,
  );
