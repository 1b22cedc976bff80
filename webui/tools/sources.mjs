// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the texts for people: t(), tn(), tc() and N_() in the page, N_() in the daemon, titles and
// descriptions of the settings and their sections.
import { keyOf } from "./po.mjs";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const WEBUI = join(dirname(fileURLToPath(import.meta.url)), "..");
// the build works on a copy of the page and says where the project is
export const ROOT = process.env.PHAETON_SRCDIR ?? join(WEBUI, "..");
export const PO = join(ROOT, "po");
export const LANGUAGES = ["de", "nl", "fr"];
export const SETTINGS = "settings"; // context of texts that only the settings screen needs

const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
const PAGE_CALL = new RegExp(
  String.raw`\b(?:t|N_)\(\s*(${STRING})|\btn\(\s*(${STRING}),\s*(${STRING})|\btc\(\s*(${STRING}),\s*(${STRING})`,
  "g",
);
const C_CALL = new RegExp(String.raw`\bN_\s*\(\s*((?:${STRING}\s*)+)\)`, "g");
const C_STRING = new RegExp(STRING, "g");

function* walk(folder, pattern) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* walk(path, pattern);
    else if (pattern.test(name)) yield path;
  }
}

export const pageFiles = () => [...walk(join(WEBUI, "src"), /\.(svelte|ts)$/)];

const joinStrings = (text) => (text.match(C_STRING) ?? []).map((part) => JSON.parse(part)).join("");

function* findPageTexts() {
  for (const path of pageFiles()) {
    const note = relative(WEBUI, path);
    for (const [, id, one, many, context, text] of readFileSync(path, "utf8").matchAll(PAGE_CALL)) {
      if (id) yield { id: JSON.parse(id), note };
      else if (one) yield { id: JSON.parse(one), plural: JSON.parse(many), note };
      else yield { context: JSON.parse(context), id: JSON.parse(text), note };
    }
  }
}

function* findDaemonTexts() {
  for (const path of walk(join(ROOT, "src"), /\.c$/))
    for (const [, strings] of readFileSync(path, "utf8").matchAll(C_CALL))
      yield { id: joinStrings(strings), note: relative(ROOT, path) };
}

const unescapeXml = (text) =>
  text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&apos;/g, "'")
    .replace(/&amp;/g, "&").replace(/\s+/g, " ").trim();

function* findSettingsTexts() {
  const schema = readFileSync(join(ROOT, "data", "de.phaeton.gschema.xml"), "utf8");
  for (const [, , text] of schema.matchAll(/<(summary|description)>([^<]*)<\//g))
    if (text.trim() !== "")
      yield { context: SETTINGS, id: unescapeXml(text), note: "data/de.phaeton.gschema.xml" };
  const keys = readFileSync(join(ROOT, "src", "settings", "phaeton-keys.c"), "utf8");
  for (const [, title] of keys.matchAll(new RegExp(String.raw`\bSECTION \(${STRING}, ${STRING}, (${STRING})`, "g")))
    yield { context: SETTINGS, id: JSON.parse(title), note: "src/settings/phaeton-keys.c" };
}

/** every text once
 * @returns {import("./po.mjs").Entry[]} */
export function collectTexts() {
  const entries = new Map();
  for (const found of [...findPageTexts(), ...findDaemonTexts(), ...findSettingsTexts()]) {
    const key = `${found.context ?? ""}\u0004${found.id}`;
    const entry = entries.get(key) ?? {
      context: found.context ?? "", id: found.id, plural: "", texts: [], notes: [], fuzzy: false,
    };
    entry.plural ||= found.plural ?? "";
    if (!entry.notes.includes(found.note)) entry.notes.push(found.note);
    entries.set(key, entry);
  }
  // by the alphabet, so that two who add texts seldom meet in one place of the files
  return [...entries.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** code of a reason -> its English sentence with placeholders, from the daemon's own table */
export function readReasons() {
  const path = join(ROOT, "src", "model", "phaeton-why.c");
  const line = new RegExp(
    String.raw`\[PHAETON_WHY_\w+\]\s*=\s*\{\s*(${STRING}),\s*N_\s*\(((?:\s*${STRING})+)\s*\)`, "g");
  const reasons = {};
  for (const [, code, template] of readFileSync(path, "utf8").matchAll(line))
    reasons[JSON.parse(code)] = joinStrings(template);
  return reasons;
}

export const poPath = (language) => join(PO, `${language}.po`);
export const readPo = (language) => (existsSync(poPath(language)) ? readFileSync(poPath(language), "utf8") : "");
