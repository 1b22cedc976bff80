// SPDX-License-Identifier: GPL-3.0-or-later
// Fails when somebody would read English by mistake: a text that is not given to t(), one that a
// language lacks, a placeholder that was lost, or a code of a reason without its sentence.
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse } from "svelte/compiler";
import { keyOf, parsePo, placeholders } from "./po.mjs";
import { LANGUAGES, ROOT, WEBUI, collectTexts, pageFiles, poPath, readPo, readReasons } from "./sources.mjs";

const problems = [];
const NAMES = new Set(["Phaeton", "CSV", "JSON", "A", "W", "kWh"]); // the same everywhere
const SPOKEN = new Set(["aria-label", "aria-description", "title", "placeholder", "alt", "label", "help", "note"]);

const isWords = (text) => /\p{L}/u.test(text) && !NAMES.has(text.trim());

function walk(node, visit) {
  if (node === null || typeof node !== "object") return;
  if (Array.isArray(node)) {
    node.forEach((one) => walk(one, visit));
    return;
  }
  visit(node);
  for (const [name, value] of Object.entries(node)) if (name !== "parent" && name !== "metadata") walk(value, visit);
}

for (const path of pageFiles().filter((name) => name.endsWith(".svelte"))) {
  const place = relative(WEBUI, path);
  walk(parse(readFileSync(path, "utf8"), { modern: true }).fragment, (node) => {
    if (node.type === "Attribute") {
      const parts = Array.isArray(node.value) ? node.value : [];
      const text = parts.filter((part) => part.type === "Text").map((part) => part.data).join("");
      if (SPOKEN.has(node.name) && isWords(text)) problems.push(`${place}: ${node.name}="${text}" is not translated`);
      node.value = parts.filter((part) => part.type !== "Text");
    } else if (node.type === "StyleDirective") {
      node.value = true;
    } else if (node.type === "Text" && isWords(node.data)) {
      problems.push(`${place}: "${node.data.trim()}" is not translated`);
    }
  });
}

const texts = collectTexts();
for (const language of LANGUAGES) {
  const known = new Map(parsePo(readPo(language), poPath(language)).map((entry) => [keyOf(entry), entry]));
  for (const text of texts) {
    const entry = known.get(keyOf(text));
    const found = entry?.texts.slice(0, text.plural ? 2 : 1) ?? [];
    if (entry === undefined || entry.fuzzy || found.length < (text.plural ? 2 : 1) || found.some((one) => !one)) {
      problems.push(`po/${language}.po: no translation of "${text.id}"`);
      continue;
    }
    for (const one of found)
      if (String(placeholders(one)) !== String(placeholders(text.id)))
        problems.push(`po/${language}.po: other placeholders in "${one}"`);
  }
}

const nReasons = readFileSync(join(ROOT, "src", "model", "phaeton-why.c"), "utf8").match(/^ {2}\[PHAETON_WHY_/gm)?.length;
if (Object.keys(readReasons()).length !== nReasons) problems.push("src/model/phaeton-why.c: a reason without N_()");

console.log(problems.join("\n"));
process.exit(problems.length > 0 ? 1 : 0);
