// SPDX-License-Identifier: GPL-3.0-or-later
// Texts for people. The English text is the key; po/*.po has the others. Only literals may be
// given to t(), tn(), tc() and N_(): tools/sources.mjs finds them in the source.

import { isEnglish, setLocale } from "./format";

type Catalog = Record<string, string | string[]>;
type Values = Record<string, string | number>;

export const LANGUAGES = { en: "English", de: "Deutsch", nl: "Nederlands", fr: "Français" } as const;
export type Language = keyof typeof LANGUAGES;

const STORED = "phaeton.language";
const SEPARATOR = "\u0004";

const load: Record<Exclude<Language, "en">, () => Promise<{ default: Catalog }>> = {
  de: () => import("virtual:catalog/de"),
  nl: () => import("virtual:catalog/nl"),
  fr: () => import("virtual:catalog/fr"),
};

const loadSettings: typeof load = {
  de: () => import("virtual:catalog/de/settings"),
  nl: () => import("virtual:catalog/nl/settings"),
  fr: () => import("virtual:catalog/fr/settings"),
};

let language = $state.raw<Language>("en");
let catalog = $state.raw<Catalog>({});
let settingsCatalog = $state.raw<Catalog>({});
let plural = new Intl.PluralRules("en");

function isLanguage(text: string): text is Language {
  return Object.hasOwn(LANGUAGES, text);
}

function preferred(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored !== null && isLanguage(stored)) return stored;
  for (const tag of navigator.languages) {
    const short = tag.slice(0, 2).toLowerCase();
    if (isLanguage(short)) return short;
  }
  return "en";
}

export const currentLanguage = (): Language => language;

/** the given language, from now on; without one the stored or the browser's */
export async function chooseLanguage(wanted?: Language): Promise<void> {
  const next = wanted ?? preferred();
  if (wanted !== undefined) localStorage.setItem(STORED, wanted);
  // a chunk that does not come leaves English, not an empty page
  const loaded = next === "en" ? {} : await load[next]().then((module) => module.default, () => null);
  if (loaded === null) return;
  language = next;
  catalog = loaded;
  settingsCatalog = {};
  plural = new Intl.PluralRules(next);
  setLocale(next, navigator.languages);
  document.documentElement.lang = next;
}

/** titles and help of the settings: many, so only their screen loads them */
export async function loadSettingsTexts(): Promise<void> {
  if (language === "en") return;
  settingsCatalog = (await loadSettings[language]()).default;
}

function fill(text: string, values: Values | undefined): string {
  if (values === undefined) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
}

function find(from: Catalog, key: string): string | undefined {
  const found = from[key];
  return typeof found === "string" ? found : undefined;
}

/** in the language of the reader; {name} is filled from values */
export function t(text: string, values?: Values): string {
  return fill(find(catalog, text) ?? text, values);
}

/** as t(), by number: {n} is filled with it */
export function tn(one: string, many: string, n: number, values?: Values): string {
  const isOne = plural.select(n) === "one";
  const found = catalog[one];
  const text = Array.isArray(found) ? found[isOne ? 0 : 1] : undefined;
  return fill(text ?? (isOne ? one : many), { n, ...values });
}

/** as t(), of words that mean different things in different places */
export function tc(context: string, text: string, values?: Values): string {
  return fill(find(catalog, context + SEPARATOR + text) ?? text, values);
}

/** title or help of a setting, as its schema has it */
export function tSetting(text: string): string {
  const key = `settings${SEPARATOR}${text.replace(/\s+/g, " ").trim()}`;
  return find(settingsCatalog, key) ?? text;
}

/** marks a text that t() translates later, where it is shown */
export const N_ = (text: string): string => text;

/** is this text in the catalogue? For texts that come from the daemon. */
export const isTranslated = (text: string): boolean => isEnglish() || find(catalog, text) !== undefined;
