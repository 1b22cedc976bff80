// SPDX-License-Identifier: GPL-3.0-or-later
// The schedule of one charger as the settings have it, and where its windows lie in a week.

import { ALL_DAYS } from "../../lib/format";

export interface Window {
  active: boolean;
  days: number[]; // 0 is Monday; none: every day
  start_time: string; // HH:MM, local time
  end_time: string; // at or before the start: on the next day
  current: number; // A; 0: as much as allowed
  date: string; // YYYY-MM-DD instead of days
}

export interface Deadline {
  active: boolean;
  days: number[];
  by: string;
  energy_kwh: number;
  soc_percent: number;
  hours: number;
  plan: "cheap" | "block" | "late";
}

/** what a departure can ask for: the last that is not 0 counts */
export const TARGETS = {
  energy_kwh: { unit: "kWh", max: 1000, step: 0.5, usual: 20 },
  soc_percent: { unit: "%", max: 100, step: 1, usual: 80 },
  hours: { unit: "h", max: 168, step: 0.25, usual: 3 },
} as const;
export type Target = keyof typeof TARGETS;

export function targetOf(deadline: Deadline): Target {
  if (deadline.soc_percent > 0) return "soc_percent";
  return deadline.hours > 0 && deadline.energy_kwh === 0 ? "hours" : "energy_kwh";
}

/** what decides in the mode Scheduled */
export type Basis = "time" | "tibber";

export interface Schedule {
  mode?: Basis | null;
  items?: Partial<Window>[] | null;
  deadline?: Partial<Deadline> | null;
}

export interface Settings {
  schedule?: Schedule;
  chargers?: Record<string, { schedule?: Schedule }>;
}

const DAY_MIN = 24 * 60;

/** charger 1 has the schedule at the top, where it is not named below chargers */
const isNamed = (settings: Settings, id: string): boolean => settings.chargers?.[id] !== undefined;

export function readSchedule(settings: Settings, id: string): { basis: Basis; windows: Window[]; deadline: Deadline } {
  const schedule = (isNamed(settings, id) ? settings.chargers?.[id]?.schedule : settings.schedule) ?? {};
  return {
    basis: schedule.mode ?? "time",
    windows: (schedule.items ?? []).map((item) => ({ ...emptyWindow(), active: false, ...withoutNull(item) })),
    deadline: {
      active: false, days: [], by: "07:00", energy_kwh: TARGETS.energy_kwh.usual, soc_percent: 0, hours: 0, plan: "cheap",
      ...withoutEmpty(withoutNull(schedule.deadline ?? {})),
    },
  };
}

export const makePatch = (settings: Settings, id: string, schedule: Schedule): Settings =>
  isNamed(settings, id) ? { chargers: { [id]: { schedule } } } : { schedule };

const withoutNull = <T extends object>(from: T): T =>
  Object.fromEntries(Object.entries(from).filter(([, value]) => value !== null && value !== undefined)) as T;

/** a deadline that nobody ever set shows what would be sensible */
function withoutEmpty(deadline: Partial<Deadline>): Partial<Deadline> {
  return deadline.by ? deadline : { active: deadline.active ?? false };
}

export const emptyWindow = (day?: number): Window => ({
  active: true, days: day === undefined ? [] : [day], start_time: "22:00", end_time: "06:00", current: 0, date: "",
});

const minutes = (time: string): number | null => {
  const [, h, m] = /^(\d\d):(\d\d)$/.exec(time) ?? [];
  return h === undefined || m === undefined ? null : Number(h) * 60 + Number(m);
};

export interface Block {
  index: number; // of the window
  day: number;
  from: number; // part of the day, 0 to 1
  to: number;
}

/** the blocks of all weekly windows; one over midnight is two */
export function blocksOf(windows: readonly Window[]): Block[] {
  const blocks: Block[] = [];
  windows.forEach((window, index) => {
    const start = minutes(window.start_time);
    const end = minutes(window.end_time);
    if (start === null || end === null || window.date !== "") return;
    for (const day of window.days.length === 0 ? ALL_DAYS : window.days) {
      const isOver = end <= start;
      blocks.push({ index, day, from: start / DAY_MIN, to: isOver ? 1 : end / DAY_MIN });
      if (isOver && end > 0) blocks.push({ index, day: (day + 1) % 7, from: 0, to: end / DAY_MIN });
    }
  });
  return blocks;
}
