// SPDX-License-Identifier: GPL-3.0-or-later
// Reads and writes the part of the gettext format that this project uses.

/** @typedef {{ context: string, id: string, plural: string, texts: string[], notes: string[], fuzzy: boolean }} Entry */

const SEPARATOR = "\u0004"; // between context and text, as gettext has it

export const keyOf = (entry) => (entry.context ? entry.context + SEPARATOR : "") + entry.id;

const unquote = (text) => JSON.parse(text);
const quote = (text) => JSON.stringify(text);

/** @returns {Entry[]} without the header */
export function parsePo(source, name = "po") {
  const entries = [];
  let entry = null;
  let target = null;
  const begin = () => {
    entry ??= { context: "", id: "", plural: "", texts: [], notes: [], fuzzy: false, hasId: false };
    return entry;
  };
  const end = () => {
    if (entry?.hasId && entry.id !== "") entries.push(entry);
    entry = null;
  };
  source.split("\n").forEach((line, index) => {
    const match = /^(msgctxt|msgid_plural|msgid|msgstr(?:\[(\d)\])?)?\s*(".*")\s*$/.exec(line);
    if (line.startsWith("#~")) return;
    if (line.startsWith("#")) {
      if (entry?.hasId) end();
      begin();
      if (line.startsWith("#. ")) entry.notes.push(line.slice(3));
      if (line.startsWith("#,") && line.includes("fuzzy")) entry.fuzzy = true;
    } else if (match) {
      if ((match[1] === "msgctxt" || match[1] === "msgid") && entry?.hasId) end();
      begin();
      if (match[1] === "msgctxt") target = "context";
      else if (match[1] === "msgid") {
        target = "id";
        entry.hasId = true;
      } else if (match[1] === "msgid_plural") target = "plural";
      else if (match[1]) {
        target = Number(match[2] ?? 0);
        entry.texts[target] ??= "";
      }
      if (typeof target === "number") entry.texts[target] += unquote(match[3]);
      else entry[target] += unquote(match[3]);
    } else if (line.trim() !== "") {
      throw new Error(`${name}:${index + 1}: not understood: ${line}`);
    } else {
      end();
    }
  });
  end();
  return entries;
}

/** @param {Entry[]} entries */
export function printPo(header, entries) {
  const blocks = entries.map((entry) => {
    const lines = entry.notes.map((note) => `#. ${note}`);
    if (entry.fuzzy) lines.push("#, fuzzy");
    if (entry.context) lines.push(`msgctxt ${quote(entry.context)}`);
    lines.push(`msgid ${quote(entry.id)}`);
    if (entry.plural) {
      lines.push(`msgid_plural ${quote(entry.plural)}`);
      lines.push(`msgstr[0] ${quote(entry.texts[0] ?? "")}`, `msgstr[1] ${quote(entry.texts[1] ?? "")}`);
    } else {
      lines.push(`msgstr ${quote(entry.texts[0] ?? "")}`);
    }
    return lines.join("\n");
  });
  return [header.trimEnd(), ...blocks].join("\n\n") + "\n";
}

/** the names in braces, in order of the alphabet */
export const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
