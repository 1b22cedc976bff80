// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers, times and money for people. null and undefined are unknown, and never 0.

export type Maybe<T> = T | null | undefined;

export const UNKNOWN = "–";
const NARROW_SPACE = "\u202f"; // does not break: number and unit stay together

let locale = "en-GB";
const numbers = new Map<string, Intl.NumberFormat>();
const dates = new Map<string, Intl.DateTimeFormat>();

/** the reader's own variant of the language where there is one: en-US, de-AT */
export function setLocale(language: string, wanted: readonly string[]): void {
  locale = wanted.find((tag) => tag.toLowerCase().startsWith(`${language}-`)) ?? (language === "en" ? "en-GB" : language);
  numbers.clear();
  dates.clear();
}

export const isEnglish = (): boolean => locale.startsWith("en");

export function number(value: Maybe<number>, decimals = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const key = String(decimals);
  let format = numbers.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    numbers.set(key, format);
  }
  const text = format.format(value);
  return text.replace(/^-(?=[0.,]*$)/, "").replace("-", "−");
}

function withUnit(value: Maybe<number>, decimals: number, unit: string): string {
  const text = number(value, decimals);
  return text === UNKNOWN ? text : `${text}${NARROW_SPACE}${unit}`;
}

export interface Quantity {
  value: string;
  unit: string;
}

/** in parts, where the unit is set smaller than the number */
export function powerParts(w: Maybe<number>): Quantity {
  if (w === null || w === undefined) return { value: UNKNOWN, unit: "" };
  return Math.abs(w) < 1000
    ? { value: number(w), unit: "W" }
    : { value: number(w / 1000, Math.abs(w) < 100000 ? 2 : 1), unit: "kW" };
}

export function power(w: Maybe<number>): string {
  const { value, unit } = powerParts(w);
  return unit === "" ? value : `${value}${NARROW_SPACE}${unit}`;
}

export function energy(wh: Maybe<number>): string {
  return wh === null || wh === undefined ? UNKNOWN : withUnit(wh / 1000, Math.abs(wh) < 100000 ? 2 : 0, "kWh");
}

export function current(mA: Maybe<number>, decimals?: number): string {
  if (mA === null || mA === undefined) return UNKNOWN;
  return withUnit(mA / 1000, decimals ?? (mA % 1000 === 0 ? 0 : 1), "A");
}

export function voltage(v: Maybe<number>): string {
  return withUnit(v, 0, "V");
}

export function percent(value: Maybe<number>, decimals = 0): string {
  return withUnit(value, decimals, "%");
}

/** 3725 -> 1:02:05 */
export function clock(seconds: Maybe<number>): string {
  if (seconds === null || seconds === undefined) return UNKNOWN;
  const s = Math.max(0, Math.floor(seconds));
  const pad = (n: number): string => String(n).padStart(2, "0");
  return `${Math.floor(s / 3600)}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
}

/** 3725 -> 1 h 02 min */
export function duration(seconds: Maybe<number>): string {
  if (seconds === null || seconds === undefined) return UNKNOWN;
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s}${NARROW_SPACE}s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes}${NARROW_SPACE}min`;
  return `${Math.floor(minutes / 60)}${NARROW_SPACE}h ${String(minutes % 60).padStart(2, "0")}${NARROW_SPACE}min`;
}

/** the symbol is the settings' and may be missing */
export function money(value: Maybe<number>, currency: Maybe<string>, decimals = 2): string {
  const text = number(value, decimals);
  return text === UNKNOWN || !currency ? text : `${text}${NARROW_SPACE}${currency}`;
}

const STYLES = {
  time: { hour: "2-digit", minute: "2-digit" },
  seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  day: { weekday: "short", day: "numeric", month: "short" },
  date: { year: "numeric", month: "2-digit", day: "2-digit" },
  dateTime: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
  axisDay: { weekday: "short", day: "numeric" },
  dayTime: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  month: { month: "short" },
  monthYear: { month: "long", year: "numeric" },
  weekday: { weekday: "short" },
  weekdayLong: { weekday: "long" },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

export type DateStyle = keyof typeof STYLES;

/** a moment: RFC 3339, seconds since 1970, or a Date */
export function moment(at: Maybe<string | number | Date>, style: DateStyle, timeZone?: Maybe<string>): string {
  if (at === null || at === undefined) return UNKNOWN;
  const date = at instanceof Date ? at : new Date(typeof at === "number" ? at * 1000 : at);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  const key = `${style} ${timeZone ?? ""}`;
  let format = dates.get(key);
  if (format === undefined) {
    const options: Intl.DateTimeFormatOptions = { ...STYLES[style], ...(timeZone ? { timeZone } : {}) };
    format = new Intl.DateTimeFormat(locale, options);
    dates.set(key, format);
  }
  return format.format(date);
}

export const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6] as const;

/** 0 is Monday, as the schedule has it */
export function weekday(day: number, style: "weekday" | "weekdayLong" = "weekday"): string {
  return moment(new Date(Date.UTC(2024, 0, 1 + day, 12)), style, "UTC");
}
