// SPDX-License-Identifier: GPL-3.0-or-later
import { moment } from "../../lib/format";
import type { Session } from "../../lib/types";

/** energy whose origin was seen; the meters may have been silent for a part */
export const knownSources = (session: Session): number => session.sun_wh + session.battery_wh + session.grid_wh;

export const sunPercent = (session: Session): number => (100 * session.sun_wh) / Math.max(1, knownSources(session));

export const SORTS = ["time", "energy", "cost", "charging-time"] as const;
export type Sort = (typeof SORTS)[number];
export type Order = "asc" | "desc";

export interface Period {
  title: string;
  from: string; // first day, and the first one after: dates of the house
  to: string;
  earlier: string;
  later: string;
  steps: { key: string; at: number }[]; // keys as the sums have them
  span: [number, number];
  labelOf: (at: number) => string;
  tickOf: (at: number) => string; // the same, short
}

const DAY_S = 86400;
// dates without a time zone: noon in UTC is the same date everywhere the house may be
const noon = (year: number, month: number, day = 1): Date => new Date(Date.UTC(year, month, day, 12));
const dayKey = (date: Date): string => date.toISOString().slice(0, 10);
const monthKey = (date: Date): string => date.toISOString().slice(0, 7);

/** @param when 2026-11 or 2026; else now */
export function periodOf(view: "month" | "year", when: string): Period {
  const [, y, m] = /^(\d{4})(?:-(\d\d))?$/.exec(when) ?? [];
  const year = y === undefined ? new Date().getFullYear() : Number(y);
  const month = m === undefined ? (y === undefined ? new Date().getMonth() : 0) : Number(m) - 1;
  const isYear = view === "year";
  const first = isYear ? noon(year, 0) : noon(year, month);
  const next = isYear ? noon(year + 1, 0) : noon(year, month + 1);
  const steps: Period["steps"] = [];
  for (let i = 0; isYear ? i < 12 : noon(year, month, 1 + i) < next; i++) {
    const date = isYear ? noon(year, i) : noon(year, month, 1 + i);
    steps.push({ key: isYear ? monthKey(date) : dayKey(date), at: date.getTime() / 1000 });
  }
  const edge = (isYear ? 16 : 0.6) * DAY_S;
  return {
    title: isYear ? String(year) : moment(first, "monthYear", "UTC"),
    from: dayKey(first),
    to: dayKey(next),
    earlier: isYear ? String(year - 1) : monthKey(noon(year, month - 1)),
    later: isYear ? String(year + 1) : monthKey(next),
    steps,
    span: [steps[0]!.at - edge, steps.at(-1)!.at + edge],
    tickOf: (at) => (isYear ? moment(at, "month", "UTC") : String(new Date(at * 1000).getUTCDate())),
    labelOf: (at) => moment(at, isYear ? "month" : "day", "UTC"),
  };
}
